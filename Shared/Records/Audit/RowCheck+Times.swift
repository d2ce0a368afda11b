extension RowCheck {
    /// I14, as far as rows tell it: nothing was recorded before what it names, by the clock that
    /// never falls.
    static let times =
        [
            RowCheck(
                "artifact",
                """
                SELECT 'I14' AS invariant, c.seq::text AS key,
                    format('it was recorded before its parent %s', p.seq) AS what
                FROM lineage.edge e
                JOIN lineage.artifact c ON c.seq = e.child
                JOIN lineage.artifact p ON p.seq = e.parent
                WHERE c.recorded_at < p.recorded_at
                """
            )
        ] + named.map(notBefore)

    /// A table with its time, and what it names with that one's.
    private static let named: [(String, String, String, String, String, key: String)] = [
        ("metric", "recorded_at", "subject", "artifact", "recorded_at", "seq"),
        ("evidence", "recorded_at", "subject", "artifact", "recorded_at", "seq"),
        ("score", "recorded_at", "evidence", "evidence", "recorded_at", "seq"),
        ("verdict", "decided_at", "evidence", "evidence", "recorded_at", "seq"),
        ("verdict", "decided_at", "supersedes", "verdict", "decided_at", "seq"),
        ("deployment_event", "at", "artifact", "artifact", "recorded_at", "seq"),
        ("alias_event", "at", "artifact", "artifact", "recorded_at", "seq"),
        ("forget_request", "recorded_at", "forget_set", "artifact", "recorded_at", "seq"),
        ("forget_request_event", "recorded_at", "request", "forget_request", "recorded_at", "seq"),
        ("forget_opening", "recorded_at", "request", "forget_request", "recorded_at", "seq"),
        ("forget_list", "recorded_at", "request", "forget_request", "recorded_at", "request"),
        ("exposure_source", "recorded_at", "artifact", "artifact", "recorded_at", "seq"),
        ("evaluator_event", "recorded_at", "evaluator", "evaluator", "recorded_at", "seq"),
        ("unlearn_application", "applied_at", "request", "forget_request", "recorded_at", "seq"),
        ("tenancy", "recorded_at", "artifact", "artifact", "recorded_at", "artifact"),
        ("tenant_login", "recorded_at", "tenant", "tenant", "recorded_at", "login"),
        ("tenant_login_event", "recorded_at", "tenant", "tenant", "recorded_at", "seq"),
    ]

    private static func notBefore(
        _ table: String,
        _ time: String,
        _ column: String,
        _ target: String,
        _ older: String,
        key: String
    ) -> RowCheck {
        RowCheck(
            table,
            """
            SELECT 'I14' AS invariant, t.\(key)::text AS key,
                format('it was recorded before its \(target) %s', o.seq) AS what
            FROM lineage.\(table) t JOIN lineage.\(target) o ON o.seq = t.\(column)
            WHERE t.\(time) < o.\(older)
            """
        )
    }
}
