-- The signed epochs for who keeps their files: one whose file a crash left out is written again.

CREATE FUNCTION lineage.log_envelopes(epochs bigint[]) RETURNS TABLE (
    epoch bigint, envelope text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.epoch, e.envelope FROM lineage.log_epoch e
    WHERE e.epoch = ANY (epochs)
    ORDER BY e.epoch;
$$;

REVOKE ALL ON FUNCTION lineage.log_envelopes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.log_envelopes
TO palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
