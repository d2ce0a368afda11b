-- A request that was withdrawn or superseded asks for nothing: requests_status left it out, but questions
-- 10, 11, 14, 15 and 26 still told who carries it and what to make again.

CREATE FUNCTION lineage.is_over(request bigint, as_of timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM lineage.forget_request_event w
        WHERE w.request = is_over.request AND w.recorded_at <= as_of
    );
END $$;
REVOKE ALL ON FUNCTION lineage.is_over FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.is_over TO palimpsest_asker;

-- The walks that those questions begin with find nothing then.
DO $$
DECLARE
    walk text;
    told text;
    mended text;
BEGIN
    FOREACH walk IN ARRAY ARRAY[
        'lineage.tainted(bigint, timestamptz, bigint, bigint)',
        'lineage.exposed_live(bigint, timestamptz, bigint)'
    ] LOOP
        told := pg_get_functiondef(walk::regprocedure);
        mended := regexp_replace(
            told, E'\nBEGIN\n',
            E'\nBEGIN\n    IF lineage.is_over(request, as_of) THEN RETURN; END IF;\n'
        );
        IF mended = told THEN RAISE EXCEPTION '% reads otherwise', walk; END IF;
        EXECUTE mended;
    END LOOP;
END $$;
