-- A proof has evidence, scores and verdicts of the unlearned ancestors too: what a student is worth
-- depends on what its teacher forgot.

CREATE OR REPLACE FUNCTION lineage.proof_entries(ref text) RETURNS TABLE (
    stream text, n bigint, prev text, payload text, leaf bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
    whole bigint[] := lineage.closure(asked, 2000);
    runs bigint[];
    judged bigint[];
    requests bigint[];
    measured bigint[];
    evaluators bigint[];
    verdicts bigint[];
BEGIN
    SELECT array_agg(DISTINCT a.run) INTO runs FROM lineage.artifact a
    WHERE a.seq = ANY (whole) AND a.run IS NOT NULL;
    SELECT array_agg(DISTINCT u.request) INTO requests FROM lineage.unlearn_application u
    WHERE u.run = ANY (runs);
    SELECT array_agg(a.seq) INTO judged FROM lineage.artifact a
    WHERE a.seq = ANY (whole) AND (
        a.seq = asked
        OR EXISTS (SELECT FROM lineage.unlearn_application u WHERE u.run = a.run)
    );
    SELECT array_agg(e.seq), array_agg(DISTINCT e.evaluator) INTO measured, evaluators
    FROM lineage.evidence e WHERE e.subject = ANY (judged);
    SELECT array_agg(v.seq) INTO verdicts FROM lineage.verdict v WHERE v.artifact = ANY (judged);
    RETURN QUERY WITH told (relation, key) AS (
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
        UNION ALL SELECT 'evidence', unnest(measured)::text
        UNION ALL SELECT 'evaluator', unnest(evaluators)::text
        UNION ALL SELECT 'evaluator_event', v.seq::text
            FROM lineage.evaluator_event v WHERE v.evaluator = ANY (evaluators)
        UNION ALL SELECT 'score', s.seq::text
            FROM lineage.score s WHERE s.evidence = ANY (measured)
        UNION ALL SELECT 'verdict', unnest(verdicts)::text
        -- All versions, since only the newest of them decides.
        UNION ALL SELECT 'policy', p.seq::text FROM lineage.policy p
            WHERE p.name IN (
                SELECT q.policy FROM lineage.verdict v
                JOIN lineage.forget_request q ON q.seq = v.request WHERE v.seq = ANY (verdicts)
            )
        UNION ALL SELECT 'metric', m.seq::text
            FROM lineage.metric m WHERE m.subject = asked
    ), wanted (relation, key) AS (
        SELECT t.relation, t.key FROM told t
        UNION
        SELECT 'correction', c.seq::text FROM lineage.correction c
        JOIN told t ON c.target_table = 'lineage.' || t.relation AND c.target_key::text = t.key
    )
    SELECT e.stream::text, e.n, encode(e.prev, 'hex'), e.payload,
        (SELECT r.first_leaf + e.n - r.first_n FROM lineage.log_range r
        WHERE r.stream = e.stream AND r.last_n >= e.n ORDER BY r.last_n LIMIT 1)
    FROM wanted w
    JOIN lineage.log_entry e
        ON e.relation = w.relation COLLATE "C" AND e.key = w.key COLLATE "C"
    ORDER BY e.stream, e.n;
END $$;
