-- What happened since a worker last looked, for counters of the whole queue: every worker counts all
-- of it, whoever did it, so over several workers they are compared and never summed.

-- The transaction that wrote the row. All below a snapshot's xmin are over, so what lies between
-- two of those is counted once, in whatever order transactions commit.
ALTER TABLE queue.job_transition ADD COLUMN born xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE queue.rejection ADD COLUMN born xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX job_transition_born ON queue.job_transition (born);
CREATE INDEX rejection_born ON queue.rejection (born);

-- The mark to ask with next time, alone in the first row, and then how often what happened since
-- `since`; nothing where that is NULL. Labels are kinds, states, classes and reasons: never a user's
-- words.
CREATE FUNCTION queue.changes(since xid8) RETURNS TABLE (
    mark xid8, name text, labels text[], n bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
    RETURN QUERY SELECT until, NULL::text, NULL::text[], NULL::bigint;
    RETURN QUERY
    WITH moved AS MATERIALIZED (
        SELECT j.kind, coalesce(t.from_state, 'none') AS before, t.to_state, j.failure_class,
            t.detail LIKE 'the worker''s lease ran out%' AS expired
        FROM queue.job_transition t
        JOIN queue.job j ON j.id = t.job
        WHERE t.born >= since AND t.born < until
    )
    SELECT NULL::xid8, 'jobs_transitions_total', ARRAY[m.kind, m.before, m.to_state], count(*)
    FROM moved m GROUP BY m.kind, m.before, m.to_state
    UNION ALL
    SELECT NULL, 'jobs_leases_expired_total', ARRAY[m.kind], count(*)
    FROM moved m WHERE m.expired GROUP BY m.kind
    UNION ALL
    SELECT NULL, 'jobs_dlq_total', ARRAY[d.reason], count(*)
    FROM (
        SELECT m.failure_class AS reason FROM moved m WHERE m.to_state = 'failed'
        UNION ALL
        SELECT r.reason FROM queue.rejection r WHERE r.born >= since AND r.born < until
    ) d GROUP BY d.reason;
END $$;

-- Seconds from the request to cancel a job that ran to its end; NULL where there were none.
CREATE FUNCTION queue.cancel_seconds(job uuid) RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT extract(epoch FROM max(t.at) - min(t.at))
    FROM queue.job_transition t
    WHERE t.job = cancel_seconds.job AND t.to_state IN ('cancelling', 'cancelled')
    HAVING count(*) = 2;
$$;

REVOKE ALL ON FUNCTION queue.changes, queue.cancel_seconds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.changes, queue.cancel_seconds TO palimpsest_worker;
-- A worker of one kind looks after its own as one of all kinds does.
GRANT EXECUTE ON FUNCTION
    queue.changes, queue.cancel_seconds, queue.metrics, queue.discard_snapshot, queue.enlist,
    queue.outcome, queue.outbox_park
TO palimpsest_worker_train, palimpsest_worker_distill, palimpsest_worker_unlearn,
    palimpsest_worker_evaluate;
