-- A seal runs the same few statements each time, all by unique keys: planning them costs more than
-- running them. A function in SQL is planned at each call, one in PL/pgSQL once a session.

DO $$
DECLARE
    body text := (
        SELECT rtrim(p.prosrc, E' \n;') FROM pg_proc p
        WHERE p.oid = 'lineage.openlineage(bigint)'::regprocedure
    );
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION lineage.openlineage(run bigint) RETURNS jsonb
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        SET plan_cache_mode = force_generic_plan AS %L',
        E'#variable_conflict use_column\nBEGIN\n    RETURN (' || body || E'\n    );\nEND '
    );
END $$;

ALTER FUNCTION lineage.seal_run SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION lineage.seal_output SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION lineage.check_birth SET plan_cache_mode = force_generic_plan;
