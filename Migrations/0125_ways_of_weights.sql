-- The way of the weights goes through merges too, as depth, root and original have it since birth:
-- weight_path of a merged checkpoint ended after its first row. And a graph is cut where it has more
-- than was asked for, not where it has as many.

-- What an artifact's weights came from: what it starts from, else the one of those merged that
-- counts.
CREATE FUNCTION lineage.weights_before(artifact bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    parents bigint[];
    roles text[];
BEGIN
    SELECT array_agg(e.parent), array_agg(e.role) INTO parents, roles
    FROM lineage.edge e
    WHERE e.child = weights_before.artifact AND e.role IN ('init', 'merge');
    -- One is the answer; of several the rule of births decides.
    IF cardinality(parents) = 1 THEN RETURN parents[1]; END IF;
    RETURN CASE WHEN parents IS NOT NULL THEN lineage.weight_parent(parents, roles) END;
END $$;
REVOKE ALL ON FUNCTION lineage.weights_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.weights_before TO palimpsest_asker;

-- 1. `role` is what the artifact of the next row was.
DROP FUNCTION lineage.weight_path;
CREATE FUNCTION lineage.weight_path(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    depth integer, artifact text, name text, run_kind text, method text, forgotten jsonb,
    requests text[], recorded_at timestamptz, role text, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    PERFORM lineage.row_limit(max_rows);
    RETURN QUERY WITH RECURSIVE way (seq, parent) AS (
        SELECT asked, lineage.weights_before(asked)
        UNION ALL
        SELECT way.parent, lineage.weights_before(way.parent) FROM way
        WHERE way.parent IS NOT NULL
    ), taken AS MATERIALIZED (
        SELECT way.seq, way.parent FROM way LIMIT max_rows + 1
    )
    SELECT
        a.weight_depth, encode(a.digest, 'hex'), lineage.name_of(a.seq), r.kind, r.method,
        u.forget, u.requests, a.recorded_at, (
            SELECT min(e.role) FROM lineage.edge e
            WHERE e.child = t.seq AND e.parent = t.parent AND e.role IN ('init', 'merge')
        ), (SELECT count(*) > max_rows FROM taken)
    FROM taken t
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN LATERAL (
        SELECT
            jsonb_agg(DISTINCT f) FILTER (WHERE f IS NOT NULL) AS forget,
            array_agg(DISTINCT q.name) FILTER (WHERE q.name IS NOT NULL) AS requests
        FROM lineage.unlearn_application x
        LEFT JOIN lineage.forget_request q ON q.seq = x.request
        LEFT JOIN LATERAL jsonb_array_elements(x.forget) f ON true
        WHERE x.run = a.run
    ) u ON true
    ORDER BY a.seq DESC
    LIMIT max_rows;
END $$;
REVOKE ALL ON FUNCTION lineage.weight_path FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.weight_path
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor,
    palimpsest_tenant;
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
ALTER FUNCTION lineage.weight_path OWNER TO palimpsest_asker;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;

-- 24.
DO $$
DECLARE
    told text := pg_get_functiondef('lineage.lineage_dot(text, integer)'::regprocedure);
    step record;
BEGIN
    FOR step IN SELECT * FROM (VALUES
        ('found bigint[];', E'found bigint[];\n    is_cut boolean;'),
        ('FROM up LIMIT max_rows) u;', 'FROM up LIMIT max_rows + 1) u;
    is_cut := cardinality(found) > max_rows;
    found := found[:max_rows];'),
        ('WHERE cardinality(found) = max_rows', 'WHERE is_cut')
    ) s (was, is_now) LOOP
        IF strpos(told, step.was) = 0 THEN RAISE EXCEPTION 'lineage_dot reads otherwise'; END IF;
        told := replace(told, step.was, step.is_now);
    END LOOP;
    EXECUTE told;
END $$;
