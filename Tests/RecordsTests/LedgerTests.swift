import Foundation
import Jobs
import Postgres
import Testing

@testable import Records

@Suite(.timeLimit(.minutes(2)))
struct LedgerTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func `an artifact is found by name, digest, prefix, content and job`() throws {
        let teacher = try desk.make(.train, "teacher")
        let found = try desk.ledger.resolve("teacher")
        let job = try #require(found.job)
        let references = [
            teacher.hex, teacher.hex.uppercased(), String(teacher.hex.prefix(12)),
            String(teacher.hex.prefix(13)), found.content.hex, String(found.content.hex.prefix(20)),
            job.uuidString, job.uuidString.lowercased(),
        ]
        for reference in references {
            #expect(try desk.ledger.resolve(reference).artifact == teacher)
        }
    }

    @Test func `what is not known says what would be`() throws {
        for reference in ["", "nobody", "0123456789a", "%", "' OR true --", "Shapes"] {
            let error = #expect(throws: PostgresError.self) { try desk.ledger.resolve(reference) }
            #expect(error?.sqlState == "PL010")
            #expect(error?.hint?.contains("give a name") == true)
        }
    }

    /// It would stand for that job's checkpoint.
    @Test func `a name that looks like an id is refused, and one that there was is no name`() throws
    {
        let job = try #require(UUID(uuidString: "abcdef00-0000-4000-8000-000000000001"))
        try desk.submit(Desk.request(.train, id: job, name: "teacher"))
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "teacher")])
        let error = #expect(throws: PostgresError.self) {
            try desk.ledger.register(
                Desk.output("data", kind: "dataset", content: "x"),
                from: "x",
                name: job.uuidString
            )
        }
        #expect(error?.sqlState == "23514")
        try desk.connection.execute(
            script: """
                ALTER TABLE lineage.alias_event DROP CONSTRAINT alias_event_is_no_id;
                INSERT INTO lineage.alias_event (name, artifact)
                SELECT '\(job)', seq FROM lineage.artifact ORDER BY seq LIMIT 1;
                """
        )
        #expect(try desk.ledger.resolve(job.uuidString).name == "teacher")
        #expect(!JobRequest.isName(job.uuidString) && JobRequest.isName("a-b-c-d-e"))
    }

    @Test func `a job that has sealed nothing is no reference yet`() throws {
        let request = try Desk.request(.train)
        try desk.submit(request)
        let error = #expect(throws: PostgresError.self) {
            try desk.ledger.resolve(request.id.uuidString)
        }
        #expect(error?.isAboutReference == true)
    }

    @Test func `a name means the last artifact that got it`() throws {
        let first = try desk.make(.train, "teacher")
        try desk.submit(Desk.request(.train, name: "teacher"))
        let second = try desk.queue.complete(
            desk.claim(),
            outputs: [Desk.output(content: "better")]
        )
        #expect(try desk.ledger.resolve("teacher").artifact == second["model"])
        #expect(try desk.ledger.resolve(first.hex).name == nil)
    }

    @Test func `the same import again changes nothing`() throws {
        let output = Desk.output("cifar10", kind: "dataset", content: "images")
        let first = try desk.ledger.register(output, from: "cifar.tar", name: "cifar10")
        let again = try desk.ledger.register(output, from: "cifar.tar", name: "cifar10")
        #expect(first == again)
        #expect(try desk.count("lineage.artifact") == 2)
        #expect(try desk.count("lineage.alias_event") == 2)
        let other = try desk.ledger.register(output, from: "elsewhere.tar")
        #expect(other != first)
        let found = try desk.ledger.resolve("cifar10")
        #expect(found.importSource == "cifar.tar")
        #expect(found.name == "cifar10")
    }

    @Test func `an imported checkpoint is a root of weights`() throws {
        let base = try desk.ledger.register(
            Desk.output(content: "base"),
            from: "https://example.org/base",
            name: "base"
        )
        try desk.make(.unlearn, "forgetful", from: ["original": "base"])
        let origin = try desk.ledger.origin(of: "forgetful")
        #expect(origin.original?.artifact == base)
        #expect(origin.weightRoot == Origin.Place(artifact: base, name: "base"))
        #expect(try desk.ledger.origin(of: "base").weightDepth == 0)
    }

    @Test func `an original stays the original through later steps`() throws {
        let teacher = try desk.make(.train, "teacher")
        let student = try desk.make(.distill, "student", from: ["teacher": "teacher"])
        #expect(try desk.ledger.origin(of: "student").original == nil)
        try desk.make(.unlearn, "once", from: ["original": "student"])
        let twice = try desk.make(
            .unlearn,
            "twice",
            spec: ["forget": .array([.string("square")])],
            from: ["original": "once"]
        )
        try desk.make(.distill, "small", from: ["teacher": "twice"])
        for name in ["once", "twice", "small"] {
            let origin = try desk.ledger.origin(of: name)
            #expect(origin.original == Origin.Place(artifact: student, name: "student"))
            #expect(origin.weightRoot?.artifact == teacher)
        }
        let small = try desk.ledger.origin(of: "small")
        #expect(small.parent == Origin.Place(artifact: twice, name: "twice"))
        #expect(small.weightDepth == 4)
        let path = try desk.ledger.weightPath(of: "small")
        #expect(path.map(\.name) == ["small", "twice", "once", "student", "teacher"])
        #expect(path.map(\.depth) == [4, 3, 2, 1, 0])
        #expect(path.map(\.forgotten) == [[], ["square"], ["circle"], [], []])
    }

    @Test func `unlearned versions stand side by side with what they forgot and kept`() throws {
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "saddled", from: ["original": "teacher"])
        try desk.make(
            .unlearn,
            "overwritten",
            spec: ["method": .string("overwrite")],
            from: ["original": "teacher"]
        )
        try desk.evaluate("saddled", against: "teacher", [MetricValue("unlearning_accuracy", 0.5)])
        try desk.evaluate(
            "saddled",
            against: "teacher",
            forget: ["circle"],
            [
                MetricValue("unlearning_accuracy", 0.9),
                MetricValue("integrity_normalised", 0.1, low: 0.05, high: 0.2),
                MetricValue("integrity_featdist", 0.03),
                MetricValue("integrity_floor", 0),
                MetricValue("integrity_ceiling", 0.3),
            ]
        )
        let versions = try desk.ledger.unlearned(from: "teacher")
        #expect(versions.map(\.name) == ["saddled", "overwritten"])
        #expect(versions.map(\.method) == ["saddle", "overwrite"])
        #expect(versions.map(\.forgotten) == [["circle"], ["circle"]])
        #expect(versions.map(\.forgetting) == [0.9, nil])
        let integrity = MetricValue("integrity_normalised", 0.1, low: 0.05, high: 0.2)
        #expect(versions.map(\.integrity) == [integrity, nil])
        #expect(versions[0].integrityDistance == 0.03)
        let siblings = try desk.ledger.unlearned(from: "saddled")
        #expect(siblings.map(\.artifact) == versions.map(\.artifact))
        let measured = try desk.ledger.metrics(of: "saddled")
        let teacher = Array(repeating: "teacher", count: 4)
        #expect(measured.map(\.referenceName) == [nil, nil] + teacher)
    }

    @Test func `the tree leads back to the data`() throws {
        try desk.make(.train, "teacher")
        try desk.make(.distill, "student", from: ["teacher": "teacher"])
        try desk.make(.unlearn, "forgetful", from: ["original": "student"])
        let lines = try desk.ledger.tree(of: "forgetful").map {
            $0.replacing(#/  [0-9a-f]{12}  /#, with: " ").replacing(#/job-[0-9a-f-]+/#, with: "job")
        }
        #expect(
            lines == [
                "forgetful checkpoint, unlearned circle by saddle",
                "  forget_set: job forget_set, imported from forget:job",
                "  anchor + init: student checkpoint, distill moment_matching",
                "    init + teacher: teacher checkpoint, train classifier",
                "      dataset: shapes dataset, imported from builtin:shapes",
                "    dataset: shapes dataset, imported from builtin:shapes",
            ]
        )
        #expect(
            try desk.ledger.ancestors(of: "forgetful").map(\.kind)
                == ["forget_set", "checkpoint", "checkpoint", "dataset"]
        )
        #expect(
            try desk.ledger.descendants(of: "shapes").map(\.name)
                == ["teacher", "student", "forgetful"]
        )
        #expect(try desk.ledger.artifacts(kind: "checkpoint").count == 3)
    }

    /// A ladder of 60 layers has 2⁵⁹ ways from the top to the bottom; only sets of numbers are
    /// walked, so its 119 ancestors come at once.
    @Test func `a ladder of diamonds is walked once`() throws {
        try desk.connection.execute(
            script: """
                DO $$
                DECLARE
                    made bigint; below bigint[] := '{1}'; here bigint[]; seq bigint; m bytea;
                BEGIN
                    FOR layer IN 1..60 LOOP
                        INSERT INTO lineage.run
                            (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
                        VALUES (gen_random_uuid(), 1, 'evaluate', 'report', '{}', sha256(''), 1,
                            clock_timestamp())
                        RETURNING run.seq INTO made;
                        here := '{}';
                        FOREACH m IN ARRAY ARRAY['a', 'b']::bytea[] LOOP
                            INSERT INTO lineage.artifact (digest, content_digest, kind, name,
                                manifest_canonical, bytes, info, run, born, generation,
                                origin_roots)
                            SELECT sha256(c), sha256(m), 'sample_set', convert_from(m, 'UTF8'),
                                c, 0, '{}', made, '0', layer, '{1}'
                            FROM convert_to(jsonb_build_object(
                                'content', encode(sha256(m), 'hex'), 'job', layer,
                                'output', convert_from(m, 'UTF8'))::text, 'UTF8') c
                            RETURNING artifact.seq INTO seq;
                            INSERT INTO lineage.edge
                            (child, parent, role, run) SELECT seq, p, 'teacher', made FROM unnest(below) p;
                            here := here || seq;
                        END LOOP;
                        below := here;
                    END LOOP;
                END $$
                """
        )
        let top = try desk.ledger.artifacts(limit: 1)[0].artifact.hex
        #expect(try desk.ledger.ancestors(of: top).count == 119)
        #expect(try desk.ledger.descendants(of: "shapes").count == 120)
        // One line for the top, and one for each edge.
        #expect(try desk.ledger.tree(of: top).count == 1 + 58 * 4 + 2 + 2)
    }
}
