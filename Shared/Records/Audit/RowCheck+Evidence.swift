extension RowCheck {
    /// I12, I13 and I21: who measured what against what, and the scores that follow.
    static let measurements = [
        RowCheck(
            "evidence",
            """
            SELECT c.invariant, e.seq::text AS key, c.what
            FROM lineage.evidence e
            LEFT JOIN lineage.run r ON r.seq = e.run
            LEFT JOIN lineage.artifact s ON s.seq = e.subject
            LEFT JOIN lineage.evaluator v ON v.seq = e.evaluator
            CROSS JOIN LATERAL (VALUES
                ('I12', 'its run does not evaluate, or made what it judges',
                    r.kind IS DISTINCT FROM 'evaluate' OR s.run = e.run),
                ('I12', 'its evaluator does not stand for its protocol',
                    (v.protocol, v.version) IS DISTINCT FROM (e.protocol, e.protocol_version)),
                ('I12', 'its evaluator is not the program of its run',
                    e.recorded_at >= \(since(114)) AND v.digest IS DISTINCT FROM coalesce(
                        r.code_digest, sha256('palimpsest.evaluation.featdist.v1')
                    )),
                ('I12', 'its evaluator was revoked then', \(revoked("e.evaluator", "e.recorded_at"))),
                ('I21', 'its reference is no original of its subject',
                    NOT \(comparable("e.subject", "e.reference"))),
                ('I21', 'its subject was not made to fulfil its request',
                    e.request IS NOT NULL AND NOT EXISTS (
                        SELECT FROM lineage.unlearn_application u
                        WHERE u.run = s.run AND u.request = e.request
                    ))
            ) c (invariant, what, broken)
            WHERE c.broken
            """
        ),
        RowCheck(
            "metric",
            """
            SELECT 'I21' AS invariant, m.seq::text AS key,
                'its reference is no original of its subject' AS what
            FROM lineage.metric m
            WHERE m.reference IS NOT NULL AND NOT \(comparable("m.subject", "m.reference"))
            """
        ),
        RowCheck(
            "score",
            """
            SELECT 'I13' AS invariant, s.seq::text AS key,
                'it does not follow from its evidence' AS what
            FROM lineage.score s WHERE NOT EXISTS (
                SELECT FROM lineage.evidence e CROSS JOIN LATERAL (\(scores)) due
                WHERE e.seq = s.evidence AND s.formula = 1 AND due.name = s.name
                    AND (due.value, due.low, due.high, due.raw)
                        = (s.value, s.ci_low, s.ci_high, s.raw)
            )
            """
        ),
    ]

    /// Whether the newest event of an evaluator at a time revoked it.
    static func revoked(_ evaluator: String, _ time: String) -> String {
        """
        coalesce((
            SELECT x.event = 'revoked' FROM lineage.evaluator_event x
            WHERE x.evaluator = \(evaluator) AND x.recorded_at <= \(time)
            ORDER BY x.seq DESC LIMIT 1
        ), false)
        """
    }

    private static func comparable(_ subject: String, _ reference: String) -> String {
        """
        (EXISTS (
            SELECT FROM lineage.artifact x WHERE x.seq = \(subject) AND x.original = \(reference)
        ) OR EXISTS (
            SELECT FROM lineage.edge x WHERE x.child = \(subject) AND x.parent = \(reference)
                AND x.role IN ('init', 'teacher', 'replaces')
        ))
        """
    }

    /// A number that evidence `e` holds.
    static func measured(_ name: String, _ field: String = "value") -> String {
        "(e.metrics #>> '{\(name),\(field)}')::double precision"
    }

    /// What the first formula makes of evidence `e`: one minus the clamped distance, and the share
    /// no longer taken for what was forgotten, with Wilson's interval at 95 %.
    static let scores = """
        SELECT 'integrity_score' AS name, 1 - greatest(0, least(1, m.value)) AS value,
            1 - greatest(0, least(1, m.high)) AS low, 1 - greatest(0, least(1, m.low)) AS high,
            m.value AS raw
        FROM (
            SELECT \(measured("integrity_normalised")) AS value,
                \(measured("integrity_normalised", "low")) AS low,
                \(measured("integrity_normalised", "high")) AS high
        ) m
        WHERE m.low <= m.value AND m.value <= m.high
        UNION ALL
        SELECT 'forget_score', m.share,
            greatest(0, least(m.share, (m.share + m.z / (2 * m.n) - w.half) / (1 + m.z / m.n))),
            least(1, greatest(m.share, (m.share + m.z / (2 * m.n) + w.half) / (1 + m.z / m.n))),
            m.share
        FROM (
            SELECT \(measured("unlearning_accuracy")) AS share,
                nullif(greatest(0, \(measured("forget_samples"))), 0) AS n,
                1.959963984540054 ^ 2 AS z
        ) m CROSS JOIN LATERAL (
            SELECT sqrt(m.z) * sqrt(m.share * (1 - m.share) / m.n + m.z / (4 * m.n * m.n)) AS half
        ) w
        WHERE m.share BETWEEN 0 AND 1
        """
}
