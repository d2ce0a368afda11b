extension RowCheck {
    private static let carrying =
        "('init', 'merge', 'teacher', 'anchor', 'dataset', 'retain_set')"

    /// I18: what was live where the gate was on carried no request that was open then, as it was
    /// known then; and what it carries is noted.
    static let deployments = [
        RowCheck(
            "deployment_event",
            """
            WITH RECURSIVE live AS MATERIALIZED (
                SELECT d.seq AS event, d.artifact, d.at FROM lineage.deployment_event d
                WHERE d.event = 'live' AND coalesce((
                    SELECT g.enabled FROM lineage.deployment_gate g
                    WHERE g.environment = d.environment AND g.at <= d.at
                    ORDER BY g.seq DESC LIMIT 1
                ), true)
            ), source AS MATERIALIZED (
                SELECT s.request, s.artifact, s.recorded_at AS since, least((
                    SELECT min(w.recorded_at) FROM lineage.forget_request_event w
                    WHERE w.request = s.request
                ), (
                    SELECT min(c.recorded_at) FROM lineage.correction c
                    WHERE (c.target_table, c.target_key) = ('lineage.exposure_source', s.seq)
                )) AS until
                FROM lineage.exposure_source s
            ), around (artifact, seq) AS (
                SELECT DISTINCT l.artifact, l.artifact FROM live l
                UNION
                SELECT u.artifact, n.seq FROM around u CROSS JOIN LATERAL (
                    SELECT e.parent AS seq FROM lineage.edge e
                    WHERE e.child = u.seq AND e.role IN \(carrying)
                    UNION ALL \(twins("'infinity'"))
                ) n
            ), asked AS MATERIALIZED (
                SELECT DISTINCT l.event, l.artifact, l.at, s.request
                FROM live l JOIN around u USING (artifact)
                JOIN source s ON s.artifact = u.seq AND s.since <= l.at
                    AND coalesce(s.until > l.at, true)
            ), up (event, at, request, seq) AS (
                SELECT q.event, q.at, q.request, q.artifact FROM asked q
                UNION
                SELECT u.event, u.at, u.request, n.seq FROM up u CROSS JOIN LATERAL (
                    SELECT e.parent AS seq FROM lineage.edge e
                    WHERE e.child = u.seq AND e.role IN \(carrying)
                        AND coalesce(u.request <> ALL (e.excludes), true)
                        AND NOT (e.role IN ('init', 'merge', 'anchor') AND \(passes))
                    UNION ALL \(twins("u.at"))
                ) n
            )
            SELECT DISTINCT 'I18' AS invariant, u.event::text AS key,
                format('it carried request %s when it went live', u.request) AS what
            FROM up u JOIN source s ON s.artifact = u.seq AND s.request = u.request
                AND s.since <= u.at AND coalesce(s.until > u.at, true)
            """
        ),
        RowCheck(
            "deployed_ancestor",
            """
            WITH RECURSIVE up (deployed, seq) AS (
                SELECT DISTINCT d.artifact, d.artifact FROM lineage.deployment_event d
                WHERE d.event = 'live'
                UNION
                SELECT u.deployed, e.parent FROM up u JOIN lineage.edge e ON e.child = u.seq
                WHERE e.role IN \(carrying)
            )
            SELECT 'I18' AS invariant, format('%s/%s', u.seq, u.deployed) AS key,
                'what is live was made from it, and it is not noted' AS what
            FROM up u LEFT JOIN lineage.deployed_ancestor d
                ON d.ancestor = u.seq AND d.deployed = u.deployed
            WHERE d.deployed IS NULL
            """
        ),
    ]

    private static func twins(_ time: String) -> String {
        """
        SELECT t.seq FROM lineage.content_twin c
        JOIN lineage.artifact a ON a.seq = c.artifact
        JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
        WHERE c.artifact = u.seq AND t.recorded_at <= \(time)
        """
    }

    /// Whether the child of edge `e` was cleansed of the request of `u` at its time.
    private static let passes = """
        EXISTS (
            SELECT FROM (
                SELECT w.* FROM lineage.verdict w
                WHERE w.artifact = e.child AND w.request = u.request AND w.decided_at <= u.at
                ORDER BY w.seq DESC LIMIT 1
            ) v JOIN lineage.evidence m ON m.seq = v.evidence
            JOIN lineage.policy p ON p.seq = v.policy
            WHERE v.result = 'pass' AND v.policy = (\(policy("u.request", "u.at")))
                AND NOT \(revoked("m.evaluator", "u.at"))
                AND NOT EXISTS (
                    SELECT FROM lineage.correction k
                    WHERE k.recorded_at <= u.at AND (k.target_table, k.target_key)
                        IN (('lineage.verdict', v.seq), ('lineage.evidence', m.seq))
                ) AND (
                    u.at < \(since(113)) OR \(besideParent("u.at", pairs: "p.min_pairs"))
                )
        )
        """
}
