-- One kind after the other, so that each look-up follows the index `job_claim` and stops at its
-- first row: with `kind = ANY (…)` Postgres sorts every waiting job for each claim. Priority is
-- strict inside a kind.
CREATE OR REPLACE FUNCTION queue.claim(
    kinds text[], owner uuid, ttl double precision
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshot_step bigint, snapshot_content text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted text;
    next uuid;
    last queue.snapshot;
BEGIN
    FOREACH wanted IN ARRAY kinds LOOP
        SELECT j.id INTO next FROM queue.job j
        WHERE j.state = 'queued' AND j.kind = wanted AND j.not_before <= clock_timestamp()
        ORDER BY j.priority DESC, j.enqueue_seq
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        EXIT WHEN next IS NOT NULL;
    END LOOP;
    SELECT s.* INTO last FROM queue.snapshot s
    WHERE s.job = next
    ORDER BY s.epoch DESC, s.step DESC
    LIMIT 1;
    RETURN QUERY UPDATE queue.job j SET
        state = 'running', reason = 'started', epoch = j.epoch + 1, attempt = j.attempt + 1,
        lease_owner = owner,
        lease_expires_at = clock_timestamp() + make_interval(secs => ttl),
        heartbeat_at = clock_timestamp(),
        attempt_started_at = clock_timestamp(),
        started_at = coalesce(j.started_at, clock_timestamp()),
        step = coalesce(last.step, 0),
        resumed_step = coalesce(last.step, 0)
    WHERE j.id = next
    RETURNING
        j.id, j.epoch, j.attempt, j.max_attempts, j.kind, j.name, j.spec, j.inputs,
        j.total_steps, last.step, encode(last.content, 'hex');
END $$;
