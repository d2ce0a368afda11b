/// I3: tables that only grow.
extension Invariant {
    /// Each with a column to change; a table without a schema is the ledger's.
    private static let growing = [
        "artifact": "name", "run": "method", "edge": "role", "import": "source",
        "metric": "value", "alias_event": "name", "unlearn_application": "method",
        "policy": "leak_max", "forget_request": "basis", "forget_request_event": "event",
        "forget_list": "cipher", "forget_opening": "codes", "exposure_source": "found",
        "evaluator": "protocol", "evaluator_event": "event", "evidence": "metrics",
        "score": "value", "verdict": "result", "deployment_event": "event",
        "deployment_gate": "enabled", "deployed_ancestor": "deployed",
        "content_twin": "artifact", "correction": "reason", "tenant": "name",
        "tenant_login": "login", "tenant_login_event": "event", "tenancy": "tenant",
        "log_entry": "payload", "log_epoch": "payload", "log_range": "epoch",
        "queue.job_transition": "reason", "queue.rejection": "reason", "queue.worker": "kind",
        "queue.dependency": "job", "queue.replayed": "rejection",
    ]

    private static func changes(_ table: String, _ column: String) -> [Breach] {
        [
            "UPDATE \(table) SET \(column) = \(column)", "DELETE FROM \(table)",
            "TRUNCATE \(table) CASCADE",
        ].map { Breach($0, "PL030", "only grows") }
    }

    static let appendOnly = Invariant(
        number: 3,
        claim: "rows are added, never changed or removed",
        breaches: growing.sorted { $0.key < $1.key }.flatMap {
            changes($0.key.contains(".") ? $0.key : "lineage.\($0.key)", $0.value)
        } + [
            Breach(
                "INSERT INTO lineage.import (artifact, source) VALUES (1, 'x') "
                    + "ON CONFLICT (artifact) DO UPDATE SET source = 'x'",
                "PL030",
                "only grows"
            ),
            Breach(
                "MERGE INTO lineage.verdict v USING (VALUES (1)) x (seq) ON v.seq = x.seq "
                    + "WHEN MATCHED THEN UPDATE SET result = 'pass'",
                "PL030",
                "only grows"
            ),
        ],
        bypasses: [
            Bypass("verdict", "UPDATE lineage.verdict SET reasons = '{x}' WHERE seq = 1"),
            Bypass("alias_event", "DELETE FROM lineage.alias_event WHERE seq = 1"),
            Bypass("metric", "TRUNCATE lineage.metric"),
            // A table that inherits has rows in it and no trigger of it.
            Bypass(
                "policy",
                "CREATE TABLE lineage.more () INHERITS (lineage.policy);"
                    + "INSERT INTO lineage.more SELECT * FROM ONLY lineage.policy;"
                    + "UPDATE lineage.more SET seq = 99, version = 99"
            ),
        ]
    )
}
