import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What the event of an evaluation tells of integrity and forgetting, on the story's graph.
@Suite(.timeLimit(.minutes(2)))
struct IntegrityEventTests {
    let story: Story
    private var ledger: Ledger { Ledger(story.connection) }

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    /// The name of the `n`th evaluation's report.
    private func report(_ n: Int) throws -> String {
        try story.column(
            "SELECT name FROM lineage.alias WHERE name LIKE 'of-%' ORDER BY artifact"
        )[n - 1]
    }

    private func evidence(_ n: Int) throws -> JSON {
        let event = try #require(try ledger.openLineageEvent(of: report(n)))
        guard case .array(let outputs)? = event["outputs"],
            case .array(let all)? = outputs[0]["outputFacets"]?["palimpsest_integrity"]?["evidence"]
        else { throw PostgresError("no evidence in \(event)") }
        try #require(outputs.count == 1 && all.count == 1)
        return all[0]
    }

    /// `story.evaluate('forgetful', 'teacher', 0.99, 0.1)`: an interval of ±0.01, floor 0, ceiling
    /// 0.8, 2,000 pairs and 5,000 samples, of which Wilson's interval is 0.986841 to 0.992406.
    @Test func `an evaluation tells what was compared, what came out and what follows`() throws {
        let told = try evidence(1)
        #expect(told["subject"]?.string == (try ledger.resolve("forgetful").artifact.hex))
        #expect(told["reference"]?.string == (try ledger.resolve("teacher").artifact.hex))
        let rows = try story.connection.query(
            """
            SELECT encode(e.digest, 'hex') AS digest, q.id FROM lineage.evidence e
            JOIN lineage.forget_request q ON q.seq = e.request ORDER BY e.seq
            """
        )
        #expect(told["digest"]?.string == (try rows[0].text("digest")))
        #expect(told["request"]?.string == (try rows[0].text("id")))
        #expect(told["protocol"] == "featdist" && told["protocolVersion"] == .int(1))
        #expect(told["pairs"] == .int(2000))
        let metrics = try #require(told["metrics"])
        expect(metrics["integrity_normalised"], ["value": 0.1, "low": 0.09, "high": 0.11])
        expect(metrics["integrity_featdist"], ["value": 0.08])
        expect(metrics["integrity_floor"], ["value": 0])
        expect(metrics["integrity_ceiling"], ["value": 0.8])
        expect(metrics["unlearning_accuracy"], ["value": 0.99])
        guard case .array(let scores)? = told["scores"] else { throw PostgresError("no scores") }
        try #require(scores.map { $0["name"] } == ["forget_score", "integrity_score"])
        #expect(scores.allSatisfy { $0["formula"] == .int(1) })
        expect(scores[0], ["value": 0.99, "low": 0.986841, "high": 0.992406, "raw": 0.99])
        expect(scores[1], ["value": 0.9, "low": 0.89, "high": 0.91, "raw": 0.1])
        #expect(
            told["verdict"] == [
                "result": "pass", "reasons": .array([]), "policy": "default",
                "policyVersion": .int(1), "formula": .int(1),
            ]
        )
    }

    private func expect(_ object: JSON?, _ numbers: [String: Double]) {
        for (name, number) in numbers {
            let told = object?[name]?.double ?? .nan
            #expect(abs(told - number) < 5e-6, "\(name) is \(told)")
        }
    }

    @Test func `a gate that fails is named, and other originals give no verdict`() throws {
        #expect(try evidence(2)["verdict"]?["result"] == "fail")
        #expect(try evidence(2)["verdict"]?["reasons"] == .array(["forgetting"]))
        // `twice` against `forgetful`, which is not where it began.
        #expect(try evidence(3)["verdict"] == nil && evidence(3)["scores"] != nil)
    }

    @Test func `runs that measure no integrity have no such facet`() throws {
        for name in ["teacher", "forgetful"] {
            let event = try #require(try ledger.openLineageEvent(of: name))
            #expect(!String(decoding: event.canonical, as: UTF8.self).contains("_integrity"))
        }
    }

    /// Whatever is found, decided or named later; whoever asks, in whatever session.
    @Test func `what comes after the seal does not change the event`() throws {
        let names = try (1...4).map(report) + ["teacher", "forgetful", "twice", "new-student"]
        func exports(_ connection: Connection) throws -> [Data] {
            try names.map { try Ledger(connection).openLineageEvent(of: $0)?.canonical ?? Data() }
        }
        let before = try exports(story.connection)
        let sent = Set(try Told.all(Outbox(story.connection)).map(\.event.canonical))
        #expect(before.allSatisfy { sent.contains($0) })
        try story.run(
            """
            SELECT lineage.judge('forgetful', 'wish');
            SELECT lineage.adopt_policy('default', 0.999, 0.001, 0.99, 0.01);
            SELECT lineage.withdraw_verdict('twice', 'wish');
            SELECT story.evaluate('forgetful', 'teacher', 0.1, 0.9);
            SELECT lineage.withdraw_request('wish');
            INSERT INTO lineage.alias_event (name, artifact)
            SELECT 'new-' || name, artifact FROM lineage.alias;
            """
        )
        #expect(try story.column("SELECT count(*) > 8 FROM lineage.verdict") == ["true"])
        let other = try Connection(story.conninfo)
        try other.execute(
            script: "SET extra_float_digits = -5; SET timezone = 'Asia/Tokyo'; SET datestyle = SQL"
        )
        #expect(try exports(other) == before)
    }
}
