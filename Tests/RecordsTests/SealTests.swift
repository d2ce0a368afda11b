import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SealTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func digest(_ text: String) -> Digest { Digest(of: Data(text.utf8)) }

    @Test func `an artifact's digest is that of its content and its making`() throws {
        let id = try #require(UUID(uuidString: "ABCDEF00-1111-4222-8333-444455556666"))
        try desk.submit(Desk.request(.train, id: id))
        let made = try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "x")])
        let manifest =
            #"{"content":"\#(digest("x"))","job":"abcdef00-1111-4222-8333-444455556666","#
            + #""output":"model"}"#
        #expect(made == ["model": digest(manifest)])
    }

    @Test func `equal bytes of two jobs are two artifacts with one content`() throws {
        for _ in 0..<2 {
            try desk.submit(Desk.request(.train))
            try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "same")])
        }
        let error = #expect(throws: PostgresError.self) {
            try desk.ledger.resolve(digest("same").hex)
        }
        #expect(error?.sqlState == "PL011")
    }

    @Test func `the seal is whole: artifact, edge, run, metric, name, state, event`() throws {
        let request = try Desk.request(.train, name: "teacher")
        try desk.submit(request)
        try desk.queue.complete(
            desk.claim(),
            outputs: [Desk.output(content: "t")],
            metrics: [MetricValue("loss", 0.25, low: 0.2, high: 0.3)]
        )
        let made = try desk.ledger.resolve("teacher")
        #expect(made.content == digest("t"))
        #expect(made.job == request.id)
        #expect(made.method == "classifier")
        #expect(made.info == .object(["note": .string("t")]))
        #expect(try desk.ledger.ancestors(of: "teacher").map(\.artifact) == [desk.dataset])
        let metrics = try desk.ledger.metrics(of: "teacher")
        #expect(metrics.map(\.value) == [MetricValue("loss", 0.25, low: 0.2, high: 0.3)])
        #expect(try desk.state(request.id) == "succeeded")
        #expect(try desk.ledger.outputs(of: request.id).map(\.artifact) == [made.artifact])
    }

    /// Seals that break a rule late: after the first output, at the metrics, at the name.
    private static let broken: [([JobOutput], [MetricValue])] = [
        ([Desk.output(content: "a"), Desk.output(content: "b")], []),
        ([Desk.output(content: "a"), Desk.output("x", kind: "picture", content: "b")], []),
        ([Desk.output("../model", content: "a")], []),
        ([Desk.output(content: "a")], [MetricValue("loss", 1), MetricValue("loss", 2)]),
        ([Desk.output(content: "a")], [MetricValue("loss", 1, low: 2, high: 1)]),
        ([Desk.output(content: "a")], [MetricValue("loss", .infinity)]),
        ([Desk.output(content: "a")], [MetricValue("loss", .nan)]),
        ([Desk.output(content: "a")], [MetricValue("integrity", 1)]),
        ([Desk.output(content: "a")], [MetricValue("integrity_normalised", 1)]),
        ([Desk.output("report", kind: "report", content: "a")], []),
        ([], []),
    ]

    @Test func `a seal that breaks a rule leaves nothing`() throws {
        let tables = [
            "lineage.run", "lineage.artifact", "lineage.edge", "lineage.metric",
            "lineage.alias_event", "queue.outbox", "queue.job_transition",
        ]
        try desk.submit(Desk.request(.train, name: "teacher"))
        let job = try desk.claim()
        let before = try tables.map { try desk.count($0) }
        for (outputs, metrics) in SealTests.broken {
            #expect(throws: JobFailure.self) {
                try desk.queue.complete(job, outputs: outputs, metrics: metrics)
            }
        }
        #expect(try tables.map { try desk.count($0) } == before)
        #expect(try desk.state(job.claim.job) == "running")
        try desk.queue.complete(job, outputs: [Desk.output(content: "good")])
    }

    @Test func `two at once cannot both seal`() async throws {
        try desk.submit(Desk.request(.train))
        let (job, conninfo) = (try desk.claim(), desk.conninfo)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for content in ["a", "b", "c", "d"] {
                group.addTask {
                    let sealed = try? await Session(conninfo).use {
                        try JobQueue($0).complete(job, outputs: [Desk.output(content: content)])
                    }
                    return sealed != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        #expect(try desk.count("lineage.run") == 1)
    }

    @Test func `what an output was made from depends on the kind of job`() throws {
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.distill, "student", from: ["teacher": "teacher"])
        try desk.request("wish", from: "shapes")
        try desk.make(
            .unlearn,
            "saddled",
            from: ["original": "student", "forget_request": "wish"]
        )
        try desk.make(
            .unlearn,
            "ascended",
            spec: ["method": .string("gradient_ascent")],
            from: ["original": "student", "dataset": "shapes", "forget_request": "wish"]
        )
        try desk.evaluate("saddled", against: "student", [MetricValue("accuracy", 1)])
        let edges = try desk.connection.query(
            """
            SELECT coalesce(c.name, c.output) AS child, p.name AS parent, e.role
            FROM lineage.edges e
            JOIN lineage.artifacts c ON c.artifact = e.child
            JOIN lineage.artifacts p ON p.artifact = e.parent
            ORDER BY c.seq, p.seq, e.role
            """
        ).map { "\(try $0.text("child")) \(try $0.text("role")) \(try $0.text("parent"))" }
        #expect(
            edges == [
                "judge dataset shapes", "teacher dataset shapes", "student dataset shapes",
                "student init teacher", "student teacher teacher", "saddled anchor student",
                "saddled init student", "saddled forget_set wish", "ascended forget_set shapes",
                "ascended retain_set shapes", "ascended init student",
                "ascended forget_set wish",
                "samples teacher saddled", "report judge judge", "report reference student",
                "report eval_subject saddled",
            ]
        )
    }

    @Test func `an original that is not the subject's is refused before the work`() throws {
        for name in ["judge", "teacher", "stranger"] { try desk.make(.train, name) }
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        let error = #expect(throws: SpecError.self) {
            try desk.evaluate("forgetful", against: "stranger", [])
        }
        #expect(error?.problems.first?.hasPrefix("inputs.original: ") == true)
        try desk.evaluate("forgetful", against: "teacher", [MetricValue("integrity_floor", 0)])
    }

    /// The worker that holds the job at the seal says what the run was made with.
    @Test func `a run carries the digests of its worker's program and environment`() throws {
        let builds = ["1", "2"].map {
            WorkerBuild(code: digest($0), environment: .object(["system": .string($0)]))
        }
        var made: [Digest] = []
        for build in builds {
            let owner = UUID()
            let offer = JobOptions.Resources(deviceClass: "cpu")
            try desk.queue.enlist(owner, .train, offer: offer, build: build)
            try desk.submit(Desk.request(.train))
            let job = try #require(
                try desk.queue.claim([.train], owner: owner, lease: 60, offer: offer)
            )
            let outputs = [Desk.output(content: build.code.hex)]
            made.append(try #require(try desk.queue.complete(job, outputs: outputs)["model"]))
        }
        let row = try #require(
            try desk.connection.query(
                "SELECT * FROM lineage.environment_of($1)",
                [.text(made[0].hex)]
            ).first
        )
        #expect(try row.text("code") == builds[0].code.hex)
        let canonical = builds[0].environment.canonical
        #expect(try row.text("environment") == Digest(of: canonical).hex)
        #expect(try JSON(parsing: Data(row.text("description").utf8)) == builds[0].environment)
        #expect(try row.bool("deterministic"))
        let differs = try desk.connection.query(
            "SELECT key FROM lineage.diff($1, $2) WHERE aspect = 'run'",
            made.map { .text($0.hex) }
        )
        #expect(try differs.map { try $0.text("key") } == ["code", "environment"])
        // Whoever claims without a word of what it is leaves it open.
        let unknown = try desk.make(.train, "unknown")
        let none = try desk.connection.query(
            "SELECT code FROM lineage.environment_of($1)",
            [.text(unknown.hex)]
        ).first
        #expect(try none?.optional("code") == nil)
    }
}
