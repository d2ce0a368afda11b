import Jobs
import Postgres
import Records
import Testing

/// The gate of integrity near to what was forgotten, fed as an evaluation feeds it.
@Suite(.timeLimit(.minutes(2)))
struct NearGateTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.connection.execute(
            script: """
                SELECT lineage.adopt_policy('default', forgetting_min => 0.9, leak_max => 0.05,
                    validity_min => 0.5, integrity_max => 0.5, min_pairs => 1000, near_max => 0.3)
                """
        )
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
    }

    private static let enough = [
        MetricValue("unlearning_accuracy", 0.99, low: 0.98, high: 1),
        MetricValue("forget_validity", 0.9, low: 0.8, high: 0.95), MetricValue("leak_null", 0.01),
        MetricValue("leak_retained", 0.01), MetricValue("integrity_floor", 0),
        MetricValue("integrity_ceiling", 1),
        MetricValue("integrity_normalised", 0.1, low: 0.05, high: 0.15),
    ]

    @Test(
        arguments: [
            (0.2, 0.1, 0.29, "pass{}"), (0.3, 0.25, 0.35, "inconclusive{integrity_near}"),
            (0.9, 0.8, 0.95, "fail{integrity_near}"), (nil, 0, 0, "inconclusive{integrity_near}"),
        ] as [(Double?, Double, Double, String)]
    )
    func `a good mean does not hide what is near`(
        near: Double?,
        low: Double,
        high: Double,
        verdict: String
    ) throws {
        let own = near.map { [MetricValue("integrity_normalised_near", $0, low: low, high: high)] }
        try evaluate(of: "circle", Self.enough + (own ?? []))
        let found = try desk.connection.query(
            "SELECT result || reasons::text AS verdict FROM lineage.verdicts"
        )
        #expect(try found.map { try $0.text("verdict") } == [verdict])
    }

    /// Near to those, not to what the request asks for.
    @Test func `what is near to other classes is no evidence`() throws {
        let near = MetricValue("integrity_normalised_near", 0.9, low: 0.8, high: 0.95)
        try evaluate(of: "star", Self.enough + [near])
        let found = try desk.connection.query(
            """
            SELECT request IS NULL AND NOT metrics ? 'integrity_normalised_near'
                AND metrics ? 'integrity_normalised' AS so FROM lineage.evidence
            """
        )
        #expect(try found.map { try $0.bool("so") } == [true])
        #expect(try desk.count("lineage.verdict") == 0)
    }

    private func evaluate(of forgotten: String, _ measured: [MetricValue]) throws {
        let metrics = ["accuracy", "integrity", "forgetting"].map { JSON.string($0) }
        try desk.submit(
            Desk.request(
                .evaluate,
                spec: [
                    "metrics": .array(metrics), "forget": .array([.string(forgotten)]),
                    "samples": .int(8_000), "pairs": .int(1_000),
                ],
                inputs: ["subject": "forgetful", "original": "teacher", "classifier": "judge"]
            )
        )
        try desk.queue.complete(
            desk.claim(.evaluate),
            outputs: [
                Desk.output("samples", kind: "sample_set", content: "s"),
                Desk.output("report", kind: "report", content: "r"),
            ],
            metrics: measured
        )
    }
}
