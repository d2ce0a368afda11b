-- What every job goes through reads a few rows by their keys. Its plans are made once a connection,
-- often while the tables are small or not yet analysed: then hash joins over whole tables look cheap,
-- and stay, so that a job cost more with each one before it (40 % of the time after 4,000 jobs).

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'queue.submit', 'queue.claim', 'queue.complete', 'lineage.tell_run'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SET enable_seqscan = off SET enable_hashjoin = off
            SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan', f
        );
    END LOOP;
END $$;

-- A function in SQL is planned at each call, one in PL/pgSQL once a connection.

CREATE OR REPLACE FUNCTION lineage.main_output(run bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT a.seq FROM lineage.artifact a
        WHERE a.run = main_output.run
        ORDER BY (a.kind = 'checkpoint') DESC, a.seq
        LIMIT 1
    );
END $$;

-- By arrays, since a plain min() may be looked for along the index of all weights.
CREATE OR REPLACE FUNCTION lineage.weights_of_run(run bigint) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off
AS $$
DECLARE
    weights bigint[] := ARRAY(
        SELECT a.weight_root FROM lineage.artifact a WHERE a.run = weights_of_run.run
    );
BEGIN
    IF array_remove(weights, NULL) = '{}' THEN
        weights := ARRAY(
            SELECT p.weight_root FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
            WHERE e.run = weights_of_run.run AND e.role = 'eval_subject'
        );
    END IF;
    RETURN (SELECT min(w) FROM unnest(weights) w);
END $$;

CREATE OR REPLACE FUNCTION lineage.describe(ref text)
RETURNS TABLE (
    artifact text, content text, kind text, name text, output text, bytes bigint, info jsonb,
    job uuid, run_kind text, method text, import_source text, recorded_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meant bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY SELECT
        encode(a.digest, 'hex'), encode(a.content_digest, 'hex'), a.kind, lineage.name_of(a.seq),
        a.name, a.bytes, a.info, r.job, r.kind, r.method, i.source, a.recorded_at
    FROM lineage.artifact a
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.import i ON i.artifact = a.seq
    WHERE a.seq = meant;
END $$;
