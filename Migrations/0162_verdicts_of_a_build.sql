-- 16. A pass rests on what was measured beside the parent too, and lapses with it.
CREATE OR REPLACE FUNCTION lineage.verdicts_depending_on(
    digest text, max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    verdict bigint, artifact text, name text, request text, result text, current boolean,
    environments text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted text := lower(verdicts_depending_on.digest) || '%';
BEGIN
    PERFORM lineage.row_limit(max_rows);
    IF digest !~ '^[0-9a-fA-F]{12,64}$' THEN
        RAISE EXCEPTION '''%'' is not a digest', digest USING
            ERRCODE = 'PL010', HINT = 'give at least 12 of its hexadecimal digits';
    END IF;
    RETURN QUERY WITH measured AS MATERIALIZED (
        SELECT e.* FROM lineage.evidence e JOIN lineage.evaluator t ON t.seq = e.evaluator
        WHERE encode(t.digest, 'hex') LIKE wanted
            OR EXISTS (SELECT FROM unnest(e.metric_models) m WHERE encode(m, 'hex') LIKE wanted)
    ), found AS MATERIALIZED (
        SELECT v.*, NOT EXISTS (
            SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq AND n.decided_at <= as_of
        ) AS stands
        FROM lineage.verdict v
        WHERE v.decided_at <= as_of AND v.seq IN (
            SELECT w.seq FROM measured e JOIN lineage.verdict w ON w.evidence = e.seq
            UNION
            SELECT w.seq FROM measured e
            JOIN lineage.artifact a ON a.seq = e.subject AND a.original <> e.reference
            JOIN lineage.verdict w ON w.artifact = e.subject AND w.request = e.request
                AND w.decided_at >= e.recorded_at
        )
        ORDER BY v.seq
        LIMIT max_rows + 1
    )
    SELECT
        f.seq, encode(a.digest, 'hex'), lineage.name_of(a.seq), q.name, f.result, f.stands,
        ARRAY(
            SELECT l.environment FROM lineage.live(as_of) l
            JOIN lineage.deployed_ancestor d
                ON d.deployed = l.artifact AND d.ancestor = f.artifact
            ORDER BY l.environment
        ),
        (SELECT count(*) > max_rows FROM found)
    FROM found f
    JOIN lineage.artifact a ON a.seq = f.artifact
    JOIN lineage.forget_request q ON q.seq = f.request
    ORDER BY f.seq
    LIMIT max_rows;
    -- What has measured may have no verdict yet; of anything else nothing can be said.
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM lineage.evaluator t WHERE encode(t.digest, 'hex') LIKE wanted
    ) AND NOT EXISTS (
        SELECT FROM lineage.evidence e CROSS JOIN LATERAL unnest(e.metric_models) m
        WHERE encode(m, 'hex') LIKE wanted
    ) THEN
        RAISE EXCEPTION 'no evaluator and no model that measured has the digest ''%''', digest
            USING ERRCODE = 'PL010';
    END IF;
END $$;
