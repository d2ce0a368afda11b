import Foundation
import Jobs
import Postgres
import Records
import Testing

/// I12: the evaluator of evidence is the program that measured it.
@Suite(.timeLimit(.minutes(2)))
struct EvaluatorTests {
    let desk: Desk
    private var story: Story { Story(reading: desk) }

    init() throws {
        desk = try Desk()
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.request("wish", from: "shapes")
        try desk.make(
            .unlearn,
            "forgetful",
            from: ["original": "teacher", "forget_request": "wish"]
        )
    }

    /// By the program whose bytes are `program`, or by one that does not say what it is.
    private func evaluate(
        _ subject: String = "forgetful",
        beside reference: String = "teacher",
        by program: String?
    ) throws {
        let spec: [String: JSON] = [
            "metrics": .array(["accuracy", "integrity", "forgetting"].map { .string($0) }),
            "forget": .array([.string("circle")]), "pairs": .int(2000), "samples": .int(20_000),
        ]
        let inputs = ["subject": subject, "original": reference, "classifier": "judge"]
        let request = try Desk.request(.evaluate, spec: spec, inputs: inputs)
        try desk.submit(request)
        let owner = try program.map { try desk.enlisted(.evaluate, program: $0) } ?? UUID()
        let job = try desk.claim(.evaluate, owner: owner)
        do {
            try desk.queue.complete(
                job,
                outputs: [Desk.output("report", kind: "report", content: "r\(request.id)")],
                metrics: [
                    MetricValue("unlearning_accuracy", 0.99), MetricValue("forget_validity", 0.9),
                    MetricValue("leak_null", 0), MetricValue("leak_retained", 0),
                    MetricValue("integrity_floor", 0), MetricValue("integrity_ceiling", 1),
                    MetricValue("integrity_normalised", 0.1, low: 0.1, high: 0.1),
                ]
            )
        } catch {
            try desk.queue.fail(job.claim, JobFailure(.permanent, "refused"))
            throw error
        }
    }

    private func status() throws -> String? {
        try story.column("SELECT status FROM lineage.requests_status('forgetful')").first
    }

    /// What measured, oldest first.
    private func evaluators() throws -> [String] {
        try story.column(
            """
            SELECT encode(v.digest, 'hex') || ' ' || e.protocol || ' ' || e.protocol_version
            FROM lineage.evidence e JOIN lineage.evaluator v ON v.seq = e.evaluator ORDER BY e.seq
            """
        )
    }

    private func digest(_ program: String) -> String { Digest(of: Data(program.utf8)).hex }

    @Test func `a build is registered by its first evidence`() throws {
        for program in ["one", "two", "one", nil] { try evaluate(by: program) }
        let unknown = digest("palimpsest.evaluation.featdist.v1")
        #expect(
            try evaluators()
                == [digest("one"), digest("two"), digest("one"), unknown].map { "\($0) featdist 1" }
        )
        #expect(try desk.count("lineage.evaluator") == 3)
        #expect(try RowVerifier(story.blueprint()).verify().findings == [])
    }

    @Test func `revoking a build takes back what it measured, and another restores it`() throws {
        try evaluate(by: "one")
        #expect(try status() == "cleansed")
        try story.run("SELECT lineage.revoke_evaluator('\(digest("one"))')")
        #expect(try status() == "pending")
        let failure = #expect(throws: JobFailure.self) { try evaluate(by: "one") }
        #expect(failure?.message.contains("PL049") == true)
        #expect(try status() == "pending")
        try evaluate(by: "two")
        #expect(try status() == "cleansed")
        // What the constant stands for is another build still.
        try story.run(
            "SELECT lineage.revoke_evaluator('\(digest("palimpsest.evaluation.featdist.v1"))')"
        )
        #expect(try status() == "cleansed")
        for (program, current) in [("one", "false"), ("two", "true")] {
            let found = "SELECT current FROM lineage.verdicts_depending_on('\(digest(program))')"
            #expect(try story.column(found) == [current])
        }
        try story.run("SELECT lineage.revoke_evaluator('\(digest("two"))')")
        #expect(try status() == "pending")
    }

    /// What it measured beside the parent carries the verdict on what another measured.
    @Test func `a verdict depends on what was measured beside the parent too`() throws {
        try evaluate(by: "one")
        try desk.make(
            .unlearn,
            "twice",
            from: ["original": "forgetful", "forget_request": "wish"]
        )
        try evaluate("twice", beside: "forgetful", by: "beside")
        try evaluate("twice", by: "two")
        for (program, names) in [("one", ["forgetful"]), ("beside", ["twice"]), ("two", ["twice"])]
        {
            let found = "SELECT name FROM lineage.verdicts_depending_on('\(digest(program))')"
            #expect(try story.column(found) == names, "\(program)")
        }
    }

    @Test func `a build registered beforehand stands for what it was registered for`() throws {
        try story.run(
            """
            SELECT lineage.register_evaluator('\\x\(digest("new"))', 'featdist', 2);
            SELECT lineage.register_evaluator('\\x\(digest("other"))', 'lpips', 1);
            """
        )
        try evaluate(by: "new")
        #expect(try evaluators() == ["\(digest("new")) featdist 2"])
        let failure = #expect(throws: JobFailure.self) { try evaluate(by: "other") }
        #expect(failure?.message.contains("registered for protocol lpips") == true)
    }
}
