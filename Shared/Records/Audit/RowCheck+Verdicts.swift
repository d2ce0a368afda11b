extension RowCheck {
    /// I11 and I13: requests with their sets, and verdicts with the evidence and the policy in force.
    static let verdicts = [
        RowCheck(
            "forget_request",
            """
            SELECT 'I11' AS invariant, q.seq::text AS key,
                'its forget set is not the one that it commits to' AS what
            FROM lineage.forget_request q
            LEFT JOIN lineage.artifact f ON f.seq = q.forget_set AND f.kind = 'forget_set'
            WHERE f.content_digest IS DISTINCT FROM q.commitment
            """
        ),
        RowCheck(
            "verdict",
            """
            SELECT 'I13' AS invariant, v.seq::text AS key, c.what
            FROM (
                SELECT v.*, lag(v.seq) OVER (
                    PARTITION BY v.artifact, v.request ORDER BY v.seq
                ) AS before
                FROM lineage.verdict v
            ) v
            LEFT JOIN lineage.artifact a ON a.seq = v.artifact
            LEFT JOIN lineage.evidence e ON e.seq = v.evidence
            CROSS JOIN LATERAL (VALUES
                ('it does not supersede the one before it', v.supersedes IS DISTINCT FROM v.before),
                ('its artifact was not made to fulfil its request', NOT EXISTS (
                    SELECT FROM lineage.unlearn_application u
                    WHERE u.run = a.run AND u.request = v.request
                )),
                ('its policy was not in force', v.policy IS DISTINCT FROM (
                    \(policy("v.request", "v.decided_at"))
                )),
                ('its evidence is not of its artifact, original and request',
                    e.seq IS NOT NULL AND (e.subject, e.request, e.reference)
                        IS DISTINCT FROM (v.artifact, v.request, a.original)),
                ('its evaluator was revoked then', e.seq IS NOT NULL AND v.result <> 'withdrawn'
                    AND \(revoked("e.evaluator", "v.decided_at")))
            ) c (what, broken)
            WHERE c.broken
            """
        ),
        RowCheck(
            "verdict",
            """
            WITH gate AS (
                SELECT v.seq, g.place, g.name, CASE
                    WHEN g.low > g.most THEN 'failed' WHEN g.high <= g.most THEN 'passed'
                    ELSE 'unclear' END AS outcome
                FROM lineage.verdict v
                JOIN lineage.evidence e ON e.seq = v.evidence
                JOIN lineage.policy p ON p.seq = v.policy
                JOIN lineage.artifact s ON s.seq = e.subject
                JOIN lineage.artifact o ON o.seq = e.reference
                LEFT JOIN lineage.unlearn_application u ON u.run = s.run AND u.request = e.request
                LEFT JOIN LATERAL (\(scores)) f ON f.name = 'forget_score' AND p.formula = 1
                CROSS JOIN LATERAL (\(gates)) g
                WHERE g.asked
            ), due AS (
                SELECT v.seq, count(*) FILTER (WHERE g.outcome = 'failed') AS failed,
                    coalesce(array_agg(g.name ORDER BY g.outcome = 'unclear', g.place)
                        FILTER (WHERE g.outcome <> 'passed'), '{}') AS reasons
                FROM lineage.verdict v LEFT JOIN gate g ON g.seq = v.seq
                GROUP BY v.seq
            )
            SELECT 'I13' AS invariant, v.seq::text AS key,
                format('its evidence gives %s', x.result) AS what
            FROM lineage.verdict v JOIN due d ON d.seq = v.seq
            CROSS JOIN LATERAL (SELECT CASE WHEN d.failed > 0 THEN 'fail'
                WHEN d.reasons <> '{}' THEN 'inconclusive' ELSE 'pass' END AS result) x
            WHERE v.evidence IS NOT NULL AND v.result <> 'withdrawn'
                AND (v.result, v.reasons) IS DISTINCT FROM (x.result, d.reasons)
            """
        ),
    ]

    /// The policy in force for a request at a time.
    static func policy(_ request: String, _ time: String) -> String {
        """
        SELECT y.seq FROM lineage.forget_request x JOIN lineage.policy y ON y.name = x.policy
        WHERE x.seq = \(request) AND y.recorded_at <= \(time)
        ORDER BY y.version DESC LIMIT 1
        """
    }

    /// Each gate of policy `p` for evidence `e`: what was measured, small values being good, and the
    /// most allowed. What cannot be measured is null and leaves its gate unclear.
    private static let gates = """
        SELECT 1 AS place, 'unchanged' AS name, 1::double precision AS low,
            1::double precision AS high, 0::double precision AS most,
            s.content_digest = o.content_digest AS asked
        UNION ALL SELECT 2, 'too_few_pairs', NULL, NULL, NULL, e.n < p.min_pairs
        UNION ALL SELECT 3, 'floor_not_zero', NULL, NULL, NULL, e.floor > p.floor_max
        UNION ALL SELECT 4, 'ceiling_not_above_floor', NULL, NULL, NULL, e.ceiling <= e.floor
        UNION ALL SELECT 5, 'items_not_compared', NULL, NULL, NULL,
            v.decided_at >= \(since(110))
                AND NOT \(compared(run: "s.run", request: "v.request", at: "v.decided_at"))
        UNION ALL SELECT 6, 'no_parent_evidence', NULL, NULL, NULL,
            v.decided_at >= \(since(113)) AND NOT \(besideParent("v.decided_at", pairs: "p.min_pairs"))
        UNION ALL SELECT 7, 'forgetting', 1 - f.high, 1 - f.low, 1 - p.forgetting_min, true
        UNION ALL SELECT 8, 'leak_null', x.null_leak, x.null_leak, p.leak_max, true
        UNION ALL SELECT 9, 'leak_retained', x.kept_leak, x.kept_leak, p.leak_max, true
        UNION ALL SELECT 10, 'validity', 1 - x.validity, 1 - x.validity, 1 - p.validity_min, true
        UNION ALL SELECT 11, 'attack', x.attack, x.attack, p.attack_max, p.attack_max IS NOT NULL
        UNION ALL SELECT 12, 'integrity', \(measured("integrity_normalised", "low")),
            \(measured("integrity_normalised", "high")), p.integrity_max, u.method <> 'retrain'
        UNION ALL SELECT 13, 'integrity_near', \(measured("integrity_normalised_near", "low")),
            \(measured("integrity_normalised_near", "high")), p.near_max,
            u.method <> 'retrain' AND p.near_max IS NOT NULL
        """.replacing("x.null_leak", with: measured("leak_null"))
        .replacing("x.kept_leak", with: measured("leak_retained"))
        .replacing("x.validity", with: measured("forget_validity"))
        .replacing("x.attack", with: measured("attack_success"))
}
