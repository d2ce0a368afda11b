extension RowCheck {
    /// I5, I7 and I16: what is stored in an artifact of its parents, compared with what is stored in
    /// them; so one that was bent shows in its own row, or in those of its children.
    static let ancestry = [
        RowCheck(
            "artifact",
            """
            SELECT 'I16' AS invariant, a.seq::text AS key,
                'its generation or origins are not those of its parents' AS what
            FROM lineage.artifact a CROSS JOIN LATERAL (
                SELECT coalesce(max(p.generation) + 1, 0) AS generation,
                    coalesce(array_agg(DISTINCT o ORDER BY o), ARRAY[a.seq]) AS origins
                FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                CROSS JOIN unnest(p.origin_roots) o
                WHERE e.child = a.seq
            ) due
            WHERE (a.generation, a.origin_roots) IS DISTINCT FROM (due.generation, due.origins)
            """
        ),
        RowCheck(
            "artifact",
            """
            WITH way AS (
                SELECT DISTINCT ON (e.child) e.child, p.weight_root, p.weight_depth, p.original
                FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                WHERE e.role IN ('init', 'merge')
                ORDER BY e.child, e.role, e.role = 'merge' AND p.original IS NULL, p.seq
            ), start AS (
                SELECT e.child, e.role, min(coalesce(p.original, p.seq)) AS original
                FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                WHERE e.role IN ('init', 'replaces')
                GROUP BY e.child, e.role
            )
            SELECT c.invariant, a.seq::text AS key, c.what
            FROM lineage.artifact a
            LEFT JOIN lineage.run r ON r.seq = a.run
            LEFT JOIN way w ON w.child = a.seq
            LEFT JOIN start s ON r.kind = 'unlearn' AND s.child = a.seq
                AND s.role = CASE r.method WHEN 'retrain' THEN 'replaces' ELSE 'init' END
            CROSS JOIN LATERAL (VALUES
                ('I5', 'its original is not that of its parent', a.original IS DISTINCT FROM
                    CASE r.kind WHEN 'unlearn' THEN s.original ELSE w.original END),
                ('I7', 'its weight root or depth is not that of its parent',
                    (a.weight_root, a.weight_depth) IS DISTINCT FROM
                    (coalesce(w.weight_root, a.seq), coalesce(w.weight_depth + 1, 0)))
            ) c (invariant, what, broken)
            WHERE a.kind IN ('checkpoint', 'adapter') AND c.broken
            """
        ),
        RowCheck(
            "content_twin",
            """
            SELECT NULL AS invariant, a.seq::text AS key,
                'artifact and others have the same bytes, and it is not noted' AS what
            FROM lineage.artifact a
            WHERE a.content_digest IN (
                SELECT content_digest FROM lineage.artifact GROUP BY 1 HAVING count(*) > 1
            ) AND NOT EXISTS (SELECT FROM lineage.content_twin t WHERE t.artifact = a.seq)
            """
        ),
        RowCheck(
            "tenancy",
            """
            SELECT NULL AS invariant, e.child::text AS key, format(
                'made from a thing of tenant %s, it is not that tenant''s', p.tenant) AS what
            FROM lineage.edge e
            JOIN lineage.tenancy p ON p.artifact = e.parent
            LEFT JOIN lineage.tenancy c ON c.artifact = e.child
            WHERE c.tenant IS DISTINCT FROM p.tenant
            """
        ),
    ]

    /// I2: a run's entries in the log follow one another. So nothing else was sealed, and no epoch
    /// ended, between an artifact's entry and those of its edges; unless one came right after.
    static let lateEdges = RowCheck(
        "edge",
        """
        WITH mark AS (
            SELECT e.stream, e.n, e.relation, e.key, (e.relation = 'run')::integer AS begins
            FROM lineage.log_entry e WHERE e.relation IN ('run', 'artifact', 'edge')
            UNION ALL SELECT r.stream, r.last_n + 1, '', '', 1 FROM lineage.log_range r
        ), place AS (
            SELECT m.relation, m.key, m.stream, split_part(m.key, '/', 1) AS child,
                sum(m.begins) OVER (PARTITION BY m.stream ORDER BY m.n) AS number
            FROM mark m
        )
        SELECT 'I2' AS invariant, 'its child was sealed before' AS what, (
            array_agg(p.key ORDER BY p.number DESC) FILTER (WHERE p.relation = 'edge')
        )[1] AS key
        FROM place p WHERE p.relation IN ('artifact', 'edge')
        GROUP BY p.child
        HAVING bool_or(p.relation = 'artifact')
            AND (min(p.stream), min(p.number)) <> (max(p.stream), max(p.number))
        """
    )

    /// I22: anchors equal or derive from the original.
    static let anchors = RowCheck(
        "artifact",
        """
        WITH RECURSIVE held AS (
            SELECT a.seq AS child, e.parent AS anchor, a.original, o.generation
            FROM lineage.edge e
            JOIN lineage.artifact a ON a.seq = e.child AND a.kind IN ('checkpoint', 'adapter')
            LEFT JOIN lineage.artifact o ON o.seq = a.original
            WHERE e.role = 'anchor' AND e.parent IS DISTINCT FROM a.original
        ), up (child, anchor, original, generation, seq) AS (
            SELECT h.*, h.anchor FROM held h
            UNION
            SELECT u.child, u.anchor, u.original, u.generation, p.seq
            FROM up u JOIN lineage.edge e ON e.child = u.seq
            JOIN lineage.artifact p ON p.seq = e.parent
                AND (p.generation > u.generation OR p.seq = u.original)
        )
        SELECT 'I22' AS invariant, h.child::text AS key,
            format('its anchor %s does not come from its original', h.anchor) AS what
        FROM held h WHERE NOT EXISTS (
            SELECT FROM up u WHERE (u.child, u.anchor, u.seq) = (h.child, h.anchor, h.original)
        )
        """
    )
}
