-- A claim says more: how long the job waited, how much of an earlier attempt is lost, and into how
-- many pieces to cut a batch. And a job that ran out of memory gets its second attempt later.

DROP FUNCTION queue.claim(text[], uuid, double precision, jsonb);

-- Takes the first waiting job of these kinds that fits the offer, under a lease of `ttl` seconds.
-- `snapshots` are the places to begin at, newest first; `waited` seconds have passed since the job
-- could first have been claimed; `lost_steps` were done and will be done again; each batch is
-- to be computed in `pieces`, so that it needs less memory at once.
CREATE FUNCTION queue.claim(
    kinds text[], owner uuid, ttl double precision, offer jsonb DEFAULT '{}'
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshots jsonb, waited double precision,
    lost_steps bigint, pieces integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    one_kind text;
    next record;
    places jsonb;
    first_step bigint;
    since timestamptz;
BEGIN
    PERFORM queue.wake();
    FOREACH one_kind IN ARRAY kinds LOOP
        SELECT j.id, j.step, j.version, j.not_before INTO next FROM queue.job j
        WHERE j.state IN ('queued', 'retry_wait') AND j.due AND j.kind = one_kind
            AND (j.deadline IS NULL OR j.deadline > clock_timestamp())
            AND queue.fits(j.device_class, j.memory_bytes, j.threads, offer)
        ORDER BY j.rank, j.enqueue_seq
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        EXIT WHEN next.id IS NOT NULL;
    END LOOP;
    IF next.id IS NULL THEN RETURN; END IF;
    SELECT
        coalesce(jsonb_agg(jsonb_build_object(
            'step', s.step, 'content', encode(s.content, 'hex')
        ) ORDER BY s.epoch DESC, s.step DESC), '[]'),
        coalesce((array_agg(s.step ORDER BY s.epoch DESC, s.step DESC))[1], 0)
    INTO places, first_step
    FROM (
        SELECT * FROM queue.snapshot s WHERE s.job = next.id AND s.discarded IS NULL
        ORDER BY s.epoch DESC, s.step DESC
        LIMIT 5
    ) s;
    SELECT greatest(t.at, next.not_before) INTO since FROM queue.job_transition t
    WHERE t.job = next.id AND t.seq = next.version;
    RETURN QUERY UPDATE queue.job j SET
        state = 'running', reason = 'started', epoch = j.epoch + 1,
        attempt = j.errors + j.losses + 1,
        lease_owner = owner,
        lease_expires_at = clock_timestamp() + make_interval(secs => ttl),
        heartbeat_at = clock_timestamp(),
        attempt_started_at = clock_timestamp(),
        started_at = coalesce(j.started_at, clock_timestamp()),
        step = first_step,
        resumed_step = first_step
    WHERE j.id = next.id
    RETURNING
        j.id, j.epoch, j.attempt, j.max_attempts, j.kind, j.name, j.spec, j.inputs,
        j.total_steps, places,
        greatest(0, extract(epoch FROM clock_timestamp() - since))::double precision,
        greatest(0, next.step - first_step),
        CASE WHEN j.special_retries ? 'resource' THEN 4 ELSE 1 END;
END $$;

-- Ends the attempt and returns the job's new state. Errors that may pass wait a random time below
-- 5 s · 2^errors, those of memory below six times that, both at most 15 minutes, times `jitter` in
-- [0, 1]; `jitter` is the caller's draw.
--   transient   until `max_attempts` errors, or the same failure three times in a row
--   resource    once more, later and in smaller pieces
--   diverged    once more, from an earlier snapshot
--   lost        until `max_losses`   all others: never again
CREATE OR REPLACE FUNCTION queue.fail(
    job uuid, epoch bigint, class text, message text, jitter double precision
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(fail.job, fail.epoch);
    print bytea := queue.fingerprint(class, message);
    same integer := CASE WHEN j.failure_fingerprint = print THEN j.same_failures + 1 ELSE 1 END;
    lost boolean := class = 'lost';
    spent integer := j.errors + (NOT lost)::integer;
    missed integer := j.losses + lost::integer;
    again boolean := CASE
        WHEN lost THEN missed < j.max_losses
        WHEN class IN ('resource', 'diverged')
        THEN spent < j.max_attempts AND NOT j.special_retries ? class
        WHEN class = 'transient' THEN spent < j.max_attempts AND same < 3
        ELSE false
    END;
    -- Whoever took the memory needs time to give it back.
    base double precision := CASE class WHEN 'resource' THEN 30 ELSE 5 END;
    delay double precision := jitter * least(900, base * 2 ^ least(spent + missed, 10));
BEGIN
    IF j.state = 'cancelling' THEN
        PERFORM queue.cancelled(j.id, j.epoch);
        RETURN 'cancelled';
    END IF;
    IF again AND class = 'diverged' THEN
        UPDATE queue.snapshot s SET discarded = 'diverged'
        WHERE s.job = j.id AND s.discarded IS NULL AND (s.epoch, s.step) = (
            SELECT l.epoch, l.step FROM queue.snapshot l
            WHERE l.job = j.id AND l.discarded IS NULL
            ORDER BY l.epoch DESC, l.step DESC
            LIMIT 1
        );
    END IF;
    UPDATE queue.job q SET
        state = CASE WHEN again THEN 'retry_wait' ELSE 'failed' END,
        reason = CASE WHEN again THEN 'retrying' ELSE 'failed' END,
        errors = spent, losses = missed,
        not_before = CASE WHEN again
            THEN clock_timestamp() + make_interval(secs => delay) ELSE q.not_before END,
        due = again AND delay <= 0,
        special_retries = CASE WHEN again AND class IN ('resource', 'diverged')
            THEN q.special_retries || jsonb_build_object(class, 1) ELSE q.special_retries END,
        failure_class = class, failure_message = left(message, 10000),
        failure_fingerprint = print, same_failures = same,
        lease_owner = NULL, lease_expires_at = NULL,
        finished_at = CASE WHEN NOT again THEN clock_timestamp() END
    WHERE q.id = j.id;
    RETURN CASE WHEN again THEN 'retry_wait' ELSE 'failed' END;
END $$;

REVOKE ALL ON FUNCTION queue.claim FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.claim
TO palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
