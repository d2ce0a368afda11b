extension RowCheck {
    /// I5 to I7 and I22: what an artifact must have from its birth.
    static let births = [
        RowCheck(
            "artifact",
            """
            SELECT 'I7' AS invariant, a.seq::text AS key,
                'it comes from no run and no import, or from both' AS what
            FROM lineage.artifact a LEFT JOIN lineage.import i ON i.artifact = a.seq
            WHERE (a.run IS NULL) <> (i.artifact IS NOT NULL)
            """
        ),
        RowCheck(
            "artifact",
            """
            WITH made_of AS (
                SELECT e.child, count(*) FILTER (WHERE e.role = 'init') AS starts,
                    count(*) FILTER (WHERE e.role = 'replaces') AS replaced,
                    count(*) FILTER (WHERE e.role = 'merge') AS merged,
                    bool_or(e.role = 'teacher') AS taught, bool_or(e.role = 'dataset') AS fed,
                    bool_or(e.role = 'anchor') AS held,
                    bool_or(
                        e.role IN ('init', 'merge') AND p.kind NOT IN ('checkpoint', 'adapter')
                    ) AS strange
                FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                GROUP BY e.child
            ), applied AS (SELECT DISTINCT u.run FROM lineage.unlearn_application u)
            SELECT c.invariant, a.seq::text AS key, c.what
            FROM lineage.artifact a
            LEFT JOIN lineage.run r ON r.seq = a.run
            LEFT JOIN applied u ON u.run = a.run
            LEFT JOIN made_of m ON m.child = a.seq
            CROSS JOIN LATERAL (SELECT coalesce(r.kind, '') AS kind,
                coalesce(r.kind = 'unlearn' AND r.method = 'retrain', false) AS fresh) x
            CROSS JOIN LATERAL (VALUES
                ('I5', 'unlearned, it has no single original to start from', x.kind = 'unlearn' AND (
                    coalesce(m.starts, 0) <> (NOT x.fresh)::integer
                    OR coalesce(m.replaced, 0) <> x.fresh::integer
                )),
                ('I5', 'its run unlearned nothing that is recorded',
                    x.kind = 'unlearn' AND u.run IS NULL),
                ('I5', 'it replaces another without being trained again',
                    m.replaced > 0 AND NOT x.fresh),
                ('I6', 'distilled, it has no teacher', x.kind = 'distill' AND m.taught IS NOT TRUE),
                ('I7', 'trained, it has no dataset', x.kind = 'train' AND m.fed IS NOT TRUE),
                ('I7', 'merged, it has fewer than two parents',
                    x.kind = 'merge' AND coalesce(m.merged, 0) < 2),
                ('I7', 'it starts from what is no checkpoint', m.strange),
                ('I22', 'it is held to an anchor without unlearning',
                    m.held AND x.kind <> 'unlearn')
            ) c (invariant, what, broken)
            WHERE a.kind IN ('checkpoint', 'adapter') AND c.broken
            """
        ),
        RowCheck(
            "artifact",
            """
            SELECT 'I5' AS invariant, a.seq::text AS key,
                format('it lacks the forget set of request %s', q.seq) AS what
            FROM lineage.unlearn_application u
            JOIN lineage.forget_request q ON q.seq = u.request
            JOIN lineage.artifact a ON a.run = u.run AND a.kind IN ('checkpoint', 'adapter')
            WHERE NOT EXISTS (
                SELECT FROM lineage.edge e WHERE e.child = a.seq AND e.parent = q.forget_set
                    AND e.role = 'forget_set'
            )
            UNION ALL
            SELECT 'I5', a.seq::text, format('its run did not apply the request of forget set %s',
                f.seq)
            FROM lineage.edge e
            JOIN lineage.artifact f ON f.seq = e.parent AND f.kind = 'forget_set'
            JOIN lineage.artifact a ON a.seq = e.child AND a.kind IN ('checkpoint', 'adapter')
            JOIN lineage.run r ON r.seq = a.run AND r.kind = 'unlearn'
            WHERE e.role = 'forget_set' AND NOT EXISTS (
                SELECT FROM lineage.unlearn_application u
                JOIN lineage.forget_request q ON q.seq = u.request
                WHERE u.run = a.run AND q.forget_set = f.seq
            )
            """
        ),
        RowCheck(
            "unlearn_application",
            """
            SELECT 'I5' AS invariant, u.seq::text AS key, 'its run does not unlearn' AS what
            FROM lineage.unlearn_application u JOIN lineage.run r ON r.seq = u.run
            WHERE r.kind <> 'unlearn'
            """
        ),
        RowCheck(
            "import",
            """
            SELECT NULL AS invariant, i.artifact::text AS key,
                'its content is not what its source declared' AS what
            FROM lineage.import i JOIN lineage.artifact a ON a.seq = i.artifact
            WHERE i.declared_digest <> a.content_digest
            """
        ),
    ]
}
