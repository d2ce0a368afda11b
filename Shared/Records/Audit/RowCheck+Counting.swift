/// What evidence must be of, besides its numbers, for a verdict to rest on it.
extension RowCheck {
    /// When a rule came into force, which what was recorded before need not have kept.
    static func since(_ migration: Int) -> String {
        "coalesce((SELECT applied_at FROM migration.applied WHERE version = \(migration)), 'infinity')"
    }

    /// I11: only what a run forgot is left out of what it was given to keep.
    static let exclusions = RowCheck(
        "edge",
        """
        SELECT 'I11' AS invariant, format('%s/%s/%s', e.child, e.parent, e.role) AS key,
            format('it leaves out request %s, which its run is not known to have forgotten', n.request)
                AS what
        FROM lineage.edge e
        CROSS JOIN LATERAL unnest(e.excludes) n (request)
        JOIN lineage.artifact a ON a.seq = e.child AND a.recorded_at >= \(since(110))
        LEFT JOIN lineage.forget_request t ON t.seq = n.request
        WHERE t.scope IS NULL OR t.scope NOT IN ('concept', 'style')
            OR NOT \(compared(run: "e.run", request: "n.request", at: "a.recorded_at"))
        """
    )

    /// Whether what a run forgot holds the items of a request that was opened by then; or the request
    /// is the run's own, and commits to its classes.
    static func compared(run: String, request: String, at time: String) -> String {
        """
        EXISTS (
            SELECT FROM lineage.unlearn_application x
            JOIN lineage.run r ON r.seq = x.run
            JOIN lineage.forget_request q ON q.seq = x.request
            WHERE x.run = \(run) AND x.request = \(request) AND (
                q.commitment = sha256(convert_to(r.job || x.forget::text, 'UTF8'))
                OR EXISTS (
                    SELECT FROM lineage.forget_opening o CROSS JOIN LATERAL (\(pads)) k
                    WHERE o.request = x.request AND o.recorded_at <= \(time)
                        AND o.codes <@ ARRAY(
                            SELECT sha256(k.outside || sha256(k.inside || convert_to(c, 'UTF8')))
                            FROM jsonb_array_elements_text(x.forget) c
                        )
                )
            )
        )
        """
    }

    /// HMAC-SHA256 under the key of opening `o` (RFC 2104): the key with either pad, filled up to a
    /// block of 64 bytes.
    private static let pads = """
        SELECT decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' ORDER BY b.i), 'hex')
                || decode(repeat('36', 32), 'hex') AS inside,
            decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' ORDER BY b.i), 'hex')
                || decode(repeat('5c', 32), 'hex') AS outside
        FROM (SELECT i, get_byte(o.item_key, i) AS byte FROM generate_series(0, 31) i) b
        """

    /// Whether the artifact of verdict `v` began at its original, or was measured beside what it began
    /// at, by evidence that counted at a time.
    static func besideParent(_ time: String, pairs: String) -> String {
        """
        NOT EXISTS (
            SELECT FROM lineage.edge i
            JOIN lineage.artifact a ON a.seq = i.child AND a.original <> i.parent
            WHERE i.child = v.artifact AND i.role = 'init' AND NOT EXISTS (
                SELECT FROM lineage.evidence b
                WHERE b.subject = i.child AND b.reference = i.parent AND b.request = v.request
                    AND b.n >= \(pairs) AND b.recorded_at <= \(time)
                    AND NOT \(revoked("b.evaluator", time)) AND NOT EXISTS (
                        SELECT FROM lineage.correction k WHERE k.recorded_at <= \(time)
                            AND (k.target_table, k.target_key) = ('lineage.evidence', b.seq)
                    )
            )
        )
        """
    }
}
