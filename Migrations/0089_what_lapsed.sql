-- A proof tells what makes its verdicts count no more: that an evaluator was revoked, and that
-- evidence or a verdict was corrected. The openings are told here too, not by a function around it.

CREATE OR REPLACE FUNCTION lineage.proof_entries(ref text) RETURNS TABLE (
    stream text, n bigint, prev text, payload text, leaf bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
    whole bigint[] := lineage.closure(asked, 2000);
    runs bigint[];
    requests bigint[];
BEGIN
    SELECT array_agg(DISTINCT a.run) INTO runs FROM lineage.artifact a
    WHERE a.seq = ANY (whole) AND a.run IS NOT NULL;
    SELECT array_agg(DISTINCT u.request) INTO requests FROM lineage.unlearn_application u
    WHERE u.run = ANY (runs);
    RETURN QUERY WITH wanted (relation, key) AS (
        SELECT 'artifact', unnest(whole)::text
        UNION ALL SELECT 'import', unnest(whole)::text
        UNION ALL SELECT 'edge', e.child || '/' || e.parent || '/' || e.role
            FROM lineage.edge e WHERE e.child = ANY (whole)
        UNION ALL SELECT 'run', unnest(runs)::text
        UNION ALL SELECT 'unlearn_application', u.seq::text
            FROM lineage.unlearn_application u WHERE u.run = ANY (runs)
        UNION ALL SELECT 'forget_request', unnest(requests)::text
        UNION ALL SELECT 'forget_request_event', v.seq::text
            FROM lineage.forget_request_event v WHERE v.request = ANY (requests)
        UNION ALL SELECT 'forget_opening', o.seq::text
            FROM lineage.forget_opening o WHERE o.request = ANY (requests)
        UNION ALL SELECT 'evidence', e.seq::text
            FROM lineage.evidence e WHERE e.subject = asked
        UNION ALL SELECT 'evaluator', e.evaluator::text
            FROM lineage.evidence e WHERE e.subject = asked
        UNION ALL SELECT 'evaluator_event', v.seq::text
            FROM lineage.evaluator_event v
            WHERE v.evaluator IN (
                SELECT e.evaluator FROM lineage.evidence e WHERE e.subject = asked
            )
        UNION ALL SELECT 'correction', c.seq::text FROM lineage.correction c
            WHERE (c.target_table = 'lineage.evidence' AND c.target_key IN (
                SELECT e.seq FROM lineage.evidence e WHERE e.subject = asked
            )) OR (c.target_table = 'lineage.verdict' AND c.target_key IN (
                SELECT v.seq FROM lineage.verdict v WHERE v.artifact = asked
            ))
        UNION ALL SELECT 'score', s.seq::text FROM lineage.score s
            JOIN lineage.evidence e ON e.seq = s.evidence WHERE e.subject = asked
        UNION ALL SELECT 'verdict', v.seq::text
            FROM lineage.verdict v WHERE v.artifact = asked
        UNION ALL SELECT 'policy', v.policy::text
            FROM lineage.verdict v WHERE v.artifact = asked
        UNION ALL SELECT 'metric', m.seq::text
            FROM lineage.metric m WHERE m.subject = asked
    )
    SELECT e.stream::text, e.n, encode(e.prev, 'hex'), e.payload,
        (SELECT r.first_leaf + e.n - r.first_n FROM lineage.log_range r
        WHERE r.stream = e.stream AND r.last_n >= e.n ORDER BY r.last_n LIMIT 1)
    FROM (SELECT DISTINCT w.relation, w.key FROM wanted w) w
    JOIN lineage.log_entry e
        ON e.relation = w.relation COLLATE "C" AND e.key = w.key COLLATE "C"
    ORDER BY e.stream, e.n;
END $$;

DROP FUNCTION lineage.proof_entries_but_openings(text);
