-- What is not known is told from what has nothing, and all drawings point the same way.

-- 16, now with an unknown digest refused.
CREATE OR REPLACE FUNCTION lineage.verdicts_depending_on(
    digest text, max_rows integer DEFAULT 10000
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
    RETURN QUERY WITH found AS MATERIALIZED (
        SELECT v.*, NOT EXISTS (
            SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq
        ) AS stands
        FROM lineage.evidence e
        JOIN lineage.evaluator t ON t.seq = e.evaluator
        JOIN lineage.verdict v ON v.evidence = e.seq
        WHERE encode(t.digest, 'hex') LIKE wanted
            OR EXISTS (SELECT FROM unnest(e.metric_models) m WHERE encode(m, 'hex') LIKE wanted)
        ORDER BY v.seq
        LIMIT max_rows + 1
    )
    SELECT
        f.seq, encode(a.digest, 'hex'), lineage.name_of(a.seq), q.name, f.result, f.stands,
        ARRAY(
            SELECT l.environment FROM lineage.live() l
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

-- 25. As every reference to a job without one, whoever's it is.
CREATE OR REPLACE FUNCTION lineage.artifacts_of(job uuid) RETURNS TABLE (
    artifact text, content text, kind text, output text, name text, bytes bigint,
    recorded_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT
        encode(a.digest, 'hex'), encode(a.content_digest, 'hex'), a.kind, a.name,
        lineage.name_of(a.seq), a.bytes, a.recorded_at
    FROM lineage.run r JOIN lineage.artifact a ON a.run = r.seq
    WHERE r.job = artifacts_of.job
    ORDER BY a.seq;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM lineage.run r WHERE r.job = artifacts_of.job
    ) THEN
        RAISE EXCEPTION 'job % has no sealed output', job USING ERRCODE = 'PL010';
    END IF;
END $$;

-- 24. The ancestry as a graph for Graphviz, from parents to children.
CREATE OR REPLACE FUNCTION lineage.lineage_dot(
    ref text, max_rows integer DEFAULT 1000
) RETURNS TABLE (line text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    found bigint[];
BEGIN
    PERFORM lineage.row_limit(max_rows);
    WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
    )
    SELECT array_agg(u.seq) INTO found FROM (SELECT up.seq FROM up LIMIT max_rows) u;
    RETURN QUERY
    SELECT 'digraph lineage {'
    UNION ALL SELECT '  // edges lead from a parent to its child'
    UNION ALL SELECT '  rankdir=TB; node [shape=box];'
    UNION ALL (
        SELECT format(
            '  "%s" [label="%s\n%s"];', left(encode(a.digest, 'hex'), 12),
            replace(
                replace(coalesce(lineage.name_of(a.seq), a.name), '\', '\\'), '"', '\"'
            ),
            a.kind || coalesce(', ' || r.method, '')
        )
        FROM unnest(found) f (seq)
        JOIN lineage.artifact a ON a.seq = f.seq
        LEFT JOIN lineage.run r ON r.seq = a.run
        ORDER BY a.seq
    )
    UNION ALL (
        SELECT format(
            '  "%s" -> "%s" [label="%s"];', left(encode(p.digest, 'hex'), 12),
            left(encode(c.digest, 'hex'), 12), e.role
        )
        FROM unnest(found) f (seq)
        JOIN lineage.edge e ON e.child = f.seq
        JOIN unnest(found) g (seq) ON g.seq = e.parent
        JOIN lineage.artifact c ON c.seq = e.child
        JOIN lineage.artifact p ON p.seq = e.parent
        ORDER BY c.seq, p.seq, e.role
    )
    UNION ALL SELECT '  // cut after ' || max_rows || ' artifacts'
    WHERE cardinality(found) = max_rows
    UNION ALL SELECT '}';
END $$;
