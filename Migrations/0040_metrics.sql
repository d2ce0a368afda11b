-- What a scrape asks. Only jobs that are not finished are counted, so that the answer costs the
-- same with a million finished ones; how many ended, and how, the workers count themselves.

CREATE INDEX job_unfinished ON queue.job (kind, state)
WHERE state NOT IN ('succeeded', 'failed', 'cancelled');

CREATE FUNCTION queue.metrics() RETURNS TABLE (
    name text, kind text, state text, value double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'jobs_state', j.kind, j.state, count(*)::double precision
    FROM queue.job j
    WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled')
    GROUP BY j.kind, j.state
    UNION ALL
    SELECT
        'jobs_oldest_queued_seconds', j.kind, NULL,
        extract(epoch FROM clock_timestamp() - min(greatest(j.created_at, j.not_before)))
    FROM queue.job j
    WHERE j.state = 'queued' AND j.not_before <= clock_timestamp()
    GROUP BY j.kind
    UNION ALL
    SELECT 'outbox_pending', NULL, NULL, count(*)
    FROM queue.outbox o
    WHERE o.published_at IS NULL
    UNION ALL
    SELECT
        'outbox_oldest_seconds', NULL, NULL,
        coalesce(extract(epoch FROM clock_timestamp() - min(o.created_at)), 0)
    FROM queue.outbox o
    WHERE o.published_at IS NULL;
$$;

REVOKE ALL ON FUNCTION queue.metrics FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.metrics TO palimpsest_worker, palimpsest_reader;
