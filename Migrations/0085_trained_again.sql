-- What is trained again starts from nothing: weights of merged parents are refused as an `init` is.

CREATE OR REPLACE FUNCTION lineage.check_unlearning(
    artifact bigint, made bigint, roles text[], fresh boolean
) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    requests bigint[] := ARRAY(
        SELECT u.request FROM lineage.unlearn_application u WHERE u.run = made
    );
BEGIN
    IF cardinality(array_positions(roles, 'init')) <> (NOT fresh)::integer
        OR cardinality(array_positions(roles, 'replaces')) <> fresh::integer
        OR (fresh AND 'merge' = ANY (roles))
    THEN
        RAISE EXCEPTION 'unlearned checkpoint % has no original to start from, or is trained again '
            'from weights that there were', artifact
            USING ERRCODE = 'PL033';
    END IF;
    IF requests = '{}' THEN
        RAISE EXCEPTION 'run % unlearned nothing that is recorded', made USING ERRCODE = 'PL034';
    END IF;
    IF EXISTS (
        SELECT FROM lineage.forget_request q
        WHERE q.seq = ANY (requests) AND NOT EXISTS (
            SELECT FROM lineage.edge e
            WHERE e.child = artifact AND e.parent = q.forget_set AND e.role = 'forget_set'
        )
    ) OR EXISTS (
        SELECT FROM lineage.edge e
        JOIN lineage.artifact f ON f.seq = e.parent AND f.kind = 'forget_set'
        WHERE e.child = artifact AND e.role = 'forget_set' AND NOT EXISTS (
            SELECT FROM lineage.forget_request q
            WHERE q.seq = ANY (requests) AND q.forget_set = f.seq
        )
    ) THEN
        RAISE EXCEPTION 'the forget sets of checkpoint % are not those of the requests that '
            'its run applied', artifact USING ERRCODE = 'PL041';
    END IF;
END $$;
