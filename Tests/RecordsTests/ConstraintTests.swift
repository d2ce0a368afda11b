import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What the owner of the database cannot do either.
@Suite(.timeLimit(.minutes(2)))
struct ConstraintTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        try desk.submit(Desk.request(.train, name: "waiting"))
    }

    /// Statements, each with the state that refuses it. Artifact 1 is the dataset, 2 the teacher
    /// of run 1, 3 the forget set of request 1 and 4 the unlearned checkpoint of run 2.
    private static let refused = [
        // The ledger only grows.
        ("UPDATE lineage.artifact SET name = 'x'", "PL030"),
        ("DELETE FROM lineage.artifact", "PL030"),
        ("TRUNCATE lineage.artifact CASCADE", "PL030"),
        ("UPDATE lineage.edge SET role = 'teacher' WHERE false", "PL030"),
        ("DELETE FROM lineage.edge", "PL030"),
        ("DELETE FROM lineage.run", "PL030"),
        ("DELETE FROM lineage.import", "PL030"),
        ("UPDATE lineage.metric SET value = 0", "PL030"),
        ("DELETE FROM lineage.unlearn_application", "PL030"),
        ("UPDATE lineage.alias_event SET artifact = 1", "PL030"),
        ("DELETE FROM queue.job_transition", "PL030"),
        ("DELETE FROM queue.rejection", "PL030"),
        // Edges come at birth only, and no circle closes.
        (
            "INSERT INTO lineage.edge (child, parent, role, run) VALUES (4, 1, 'dataset', 2)",
            "PL031"
        ),
        ("INSERT INTO lineage.edge (child, parent, role, run) VALUES (2, 4, 'init', 1)", "PL031"),
        ("INSERT INTO lineage.edge (child, parent, role, run) VALUES (2, 2, 'init', 1)", "PL031"),
        // A metric is a number, and compares with an original.
        (metric("'NaN'", "NULL", "'x'"), "23514"),
        (metric("'Infinity'", "NULL", "'x'"), "23514"),
        (metric("1", "NULL", "'integrity'"), "23514"),
        (metric("1", "NULL", "'integrity_normalised'"), "23514"),
        (metric("1", "1", "'x'"), "PL039"),
        (metric("1", "4", "'x'"), "PL039"),
        (metric("1", "99", "'x'"), "PL039"),
        // A name cannot be taken for a digest.
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('abcdef012345', 1)", "23514"),
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('a b', 1)", "23514"),
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('x', 99)", "23503"),
        // One run a job.
        (
            """
            INSERT INTO lineage.run
                (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
            SELECT job, 2, kind, method, spec, spec_digest, 1, started_at FROM lineage.run
            """, "23505"
        ),
        // An end is an end.
        ("UPDATE queue.job SET state = 'queued' WHERE state = 'succeeded'", "PL021"),
        ("UPDATE queue.job SET step = 0 WHERE state = 'succeeded'", "PL021"),
        ("DELETE FROM queue.job WHERE state = 'succeeded'", "PL020"),
        ("DELETE FROM queue.job WHERE state = 'queued'", "PL020"),
        ("TRUNCATE queue.job CASCADE", "PL020"),
        // Columns fit the state.
        (waiting("state = 'running'"), "PL024"),
        (waiting("state = 'running', epoch = 1"), "23514"),
        (waiting("state = 'succeeded', finished_at = now()"), "PL023"),
        (waiting("state = 'failed', finished_at = now()"), "23514"),
        (waiting("state = 'cancelled'"), "23514"),
        (waiting("state = 'asleep'"), "PL023"),
        (waiting("finished_at = now()"), "23514"),
        (waiting("lease_owner = gen_random_uuid(), lease_expires_at = now()"), "23514"),
        (waiting("epoch = 5"), "PL024"),
        (waiting("errors = 9"), "23514"),
        (waiting("priority = 10"), "23514"),
        (waiting("failure_class = 'lost'"), "23514"),
        (waiting("failure_class = 'bored', failure_message = ''"), "23514"),
        // What was asked for stays.
        (waiting("spec = '{}'"), "PL022"),
        (waiting("inputs = '[]'"), "PL022"),
        (waiting("kind = 'evaluate'"), "PL022"),
        (waiting("spec_digest = sha256('')"), "23514"),
    ]

    @Test func `nothing that is recorded can be bent`() throws {
        for (sql, state) in ConstraintTests.refused {
            let error = #expect(throws: PostgresError.self) { try desk.connection.query(sql) }
            #expect(error?.sqlState == state, "\(sql): \(error?.description ?? "")")
        }
    }

    private static func metric(_ value: String, _ reference: String, _ name: String) -> String {
        """
        INSERT INTO lineage.metric (subject, reference, run, name, value)
        VALUES (4, \(reference), 2, \(name), \(value))
        """
    }

    private static func waiting(_ change: String) -> String {
        "UPDATE queue.job SET \(change) WHERE state = 'queued'"
    }

    /// Artifacts born in a transaction of their own, each with what refuses it.
    private static let misbirths = [
        // Unlearned from nothing, from two, from a dataset.
        (born("unlearn", application: true), "PL033"),
        (born("unlearn", edges: ["2 init"], "2, 2, 1"), "PL034"),
        (born("unlearn", edges: ["2 init", "4 init"], "2, 2, 1", application: true), "23505"),
        (born("unlearn", edges: ["1 init"], application: true), "PL037"),
        // An original, root or depth that is not the parent's.
        (born("unlearn", edges: ["2 init"], "NULL, 2, 1", application: true), "PL038"),
        (born("unlearn", edges: ["4 init"], "4, 2, 2", application: true), "PL038"),
        (born("unlearn", edges: ["4 init"], "2, 4, 2", application: true), "PL038"),
        (born("unlearn", edges: ["4 init"], "2, 2, 1", application: true), "PL038"),
        (born("train", edges: ["1 dataset"], "2, seq, 0"), "PL038"),
        // Parents that a kind of run must have.
        (born("distill", edges: ["1 dataset"]), "PL035"),
        (born("train"), "PL036"),
        // A checkpoint without a root, a depth without a way.
        (born("train", edges: ["1 dataset"], "NULL, NULL, NULL"), "23514"),
        (born("train", edges: ["1 dataset"], "NULL, seq, 3"), "23514"),
        (born("train", edges: ["1 dataset"], "seq, seq, 0"), "23514"),
        // A parent younger than its child, itself, or unknown; a role that is none.
        (born("train", edges: ["seq init"]), "23514"),
        (born("train", edges: ["seq+1 init"]), "23514"),
        (born("train", edges: ["-1 dataset"]), "23503"),
        (born("train", edges: ["1 friend"]), "23514"),
        // A digest that is not the manifest's, a manifest that is not the artifact's.
        (born("train", edges: ["1 dataset"], digest: "sha256('other')"), "23514"),
        (born("train", edges: ["1 dataset"], content: "sha256('other')"), "23514"),
        (born("train", edges: ["1 dataset"], name: "'other'"), "23514"),
    ]

    @Test func `an artifact whose ancestry is not right is not born`() throws {
        let before = try desk.count("lineage.artifact")
        for (sql, state) in ConstraintTests.misbirths {
            let error = #expect(throws: PostgresError.self) {
                try desk.connection.transaction { try desk.connection.execute(script: sql) }
            }
            #expect(error?.sqlState == state, "\(sql): \(error?.description ?? "")")
        }
        #expect(try desk.count("lineage.artifact") == before)
    }

    @Test func `the same without a fault is born`() throws {
        let sql = [
            ConstraintTests.born("unlearn", edges: ["4 init"], "2, 2, 2", application: true),
            ConstraintTests.born("train", edges: ["1 dataset"]),
            ConstraintTests.born("distill", edges: ["2 teacher"]),
        ]
        for sql in sql {
            try desk.connection.transaction { try desk.connection.execute(script: sql) }
        }
    }

    /// A checkpoint of a run of `kind`; `ancestry` is its original, weight root and depth.
    private static func born(
        _ kind: String,
        edges: [String] = [],
        _ ancestry: String = "NULL, seq, 0",
        application: Bool = false,
        digest: String = "sha256(manifest)",
        content: String = "sha256('c')",
        name: String = "'model'"
    ) -> String {
        let inserts = edges.map { edge in
            let words = edge.split(separator: " ")
            return
                "INSERT INTO lineage.edge (child, parent, role, run) VALUES (seq, \(words[0]), '\(words[1])', run);"
        }
        let applied = """
            INSERT INTO lineage.unlearn_application (run, request, method, forget, params)
            VALUES (run, 1, 'saddle', '["circle"]', '{}');
            INSERT INTO lineage.edge (child, parent, role, run) VALUES (seq, 3, 'forget_set', run);
            """
        let parents = (edges + (application ? ["3 forget_set"] : [])).compactMap {
            $0.split(separator: " ").first.flatMap { Int($0) }
        }
        let list = parents.map(String.init).joined(separator: ",")
        return """
            DO $$
            DECLARE
                run bigint;
                seq bigint := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
                manifest bytea := convert_to('{"content":"' || encode(sha256('c'), 'hex')
                    || '","job":"' || gen_random_uuid() || '","output":"model"}', 'UTF8');
            BEGIN
                INSERT INTO lineage.run
                    (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
                VALUES (gen_random_uuid(), 1, '\(kind)', 'm', '{}', sha256(''), 1, now())
                RETURNING lineage.run.seq INTO run;
                INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                    manifest_canonical, bytes, info, run, born, original, weight_root,
                    weight_depth, generation, origin_roots)
                OVERRIDING SYSTEM VALUE
                VALUES (seq, \(digest), \(content), 'checkpoint', \(name), manifest, 0, '{}',
                    run, '0', \(ancestry), coalesce((SELECT max(a.generation) + 1
                        FROM lineage.artifact a WHERE a.seq = ANY ('{\(list)}')), 0),
                    lineage.origins(seq, '{\(list)}'));
                \(application ? applied : "")
                \(inserts.joined(separator: "\n"))
            END $$
            """
    }

    @Test func `an artifact from nowhere is refused`() throws {
        let error = #expect(throws: PostgresError.self) {
            try desk.connection.query(
                """
                INSERT INTO lineage.artifact (digest, content_digest, kind, name,
                    manifest_canonical, bytes, info, born, seq, generation, origin_roots)
                OVERRIDING SYSTEM VALUE
                SELECT sha256(m), sha256(''), 'dataset', 'd', m, 0, '{}', '0', 99, 0, '{99}'
                FROM convert_to('{"content":"' || encode(sha256(''), 'hex')
                    || '","output":"d"}', 'UTF8') m
                """
            )
        }
        #expect(error?.sqlState == "PL032")
    }
}
