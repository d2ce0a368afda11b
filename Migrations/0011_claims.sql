-- Claims and what may be done under one.

-- One start of a worker's process; a second process cannot pass for the first.
CREATE TABLE queue.worker (
    incarnation uuid PRIMARY KEY,
    kind text NOT NULL,
    offer jsonb NOT NULL CHECK (jsonb_typeof(offer) = 'object'),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION queue.enlist(incarnation uuid, kind text, offer jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.worker (incarnation, kind, offer)
    VALUES (enlist.incarnation, enlist.kind, enlist.offer);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'incarnation % has started before; each start of a worker needs its own',
        enlist.incarnation USING ERRCODE = 'PL004';
END $$;

-- Whether a worker that offers {device_class, memory_bytes, threads} can do the job; what the
-- offer leaves out is not limited.
CREATE FUNCTION queue.fits(
    device_class text, memory_bytes bigint, threads integer, offer jsonb
) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN
    coalesce(device_class = offer ->> 'device_class', true)
    AND coalesce(memory_bytes <= (offer ->> 'memory_bytes')::bigint, true)
    AND coalesce(threads <= (offer ->> 'threads')::integer, true);

-- Gives jobs whose `not_before` has come into the claim index.
CREATE FUNCTION queue.wake() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM queue.job j
        WHERE j.state IN ('queued', 'retry_wait') AND NOT j.due
            AND j.not_before <= clock_timestamp()
    ) THEN
        UPDATE queue.job q SET due = true
        FROM (
            SELECT j.id FROM queue.job j
            WHERE j.state IN ('queued', 'retry_wait') AND NOT j.due
                AND j.not_before <= clock_timestamp()
            ORDER BY j.not_before
            LIMIT 100
            FOR UPDATE SKIP LOCKED
        ) late
        WHERE q.id = late.id;
    END IF;
END $$;

ALTER TABLE queue.snapshot
    ADD COLUMN ordinal integer NOT NULL DEFAULT 1,
    -- Why no attempt shall begin here, such as 'damaged' or 'diverged'.
    ADD COLUMN discarded text;

DROP FUNCTION queue.claim(text[], uuid, double precision);

-- Takes the first waiting job of these kinds that fits the offer, under a lease of `ttl` seconds.
-- `snapshots` are the places to begin at, newest first.
CREATE FUNCTION queue.claim(
    kinds text[], owner uuid, ttl double precision, offer jsonb DEFAULT '{}'
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshots jsonb
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    one_kind text;
    next uuid;
    places jsonb;
    first_step bigint;
BEGIN
    PERFORM queue.wake();
    FOREACH one_kind IN ARRAY kinds LOOP
        SELECT j.id INTO next FROM queue.job j
        WHERE j.state IN ('queued', 'retry_wait') AND j.due AND j.kind = one_kind
            AND (j.deadline IS NULL OR j.deadline > clock_timestamp())
            AND queue.fits(j.device_class, j.memory_bytes, j.threads, offer)
        ORDER BY j.rank, j.enqueue_seq
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        EXIT WHEN next IS NOT NULL;
    END LOOP;
    IF next IS NULL THEN RETURN; END IF;
    SELECT
        coalesce(jsonb_agg(jsonb_build_object(
            'step', s.step, 'content', encode(s.content, 'hex')
        ) ORDER BY s.epoch DESC, s.step DESC), '[]'),
        coalesce((array_agg(s.step ORDER BY s.epoch DESC, s.step DESC))[1], 0)
    INTO places, first_step
    FROM (
        SELECT * FROM queue.snapshot s WHERE s.job = next AND s.discarded IS NULL
        ORDER BY s.epoch DESC, s.step DESC
        LIMIT 5
    ) s;
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
    WHERE j.id = next
    RETURNING
        j.id, j.epoch, j.attempt, j.max_attempts, j.kind, j.name, j.spec, j.inputs,
        j.total_steps, places;
END $$;

CREATE OR REPLACE FUNCTION queue.held(job uuid, epoch bigint) RETURNS queue.job
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
BEGIN
    SELECT * INTO j FROM queue.job q WHERE q.id = held.job FOR UPDATE;
    IF j.epoch = held.epoch AND j.state IN ('running', 'cancelling')
        AND j.lease_expires_at > clock_timestamp()
    THEN
        RETURN j;
    END IF;
    RAISE EXCEPTION 'fenced: epoch % no longer holds job %', held.epoch, held.job USING
        ERRCODE = 'PL001',
        DETAIL = coalesce(
            'the job is ' || j.state || ' in epoch ' || j.epoch
                || coalesce(', lease until ' || j.lease_expires_at, ''),
            'there is no such job'
        );
END $$;

DROP FUNCTION queue.renew(uuid, bigint, double precision);

-- Lengthens the lease and answers what the worker shall do: 'go' on, or stop because of
-- 'cancel', 'deadline' or 'runtime'. Only this server's clock decides.
CREATE FUNCTION queue.renew(job uuid, epoch bigint, ttl double precision) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(renew.job, renew.epoch);
BEGIN
    UPDATE queue.job q SET
        lease_expires_at = clock_timestamp() + make_interval(secs => ttl),
        heartbeat_at = clock_timestamp()
    WHERE q.id = j.id;
    RETURN CASE
        WHEN j.state = 'cancelling' THEN 'cancel'
        WHEN j.deadline <= clock_timestamp() THEN 'deadline'
        WHEN j.attempt_started_at + make_interval(secs => j.max_runtime) <= clock_timestamp()
        THEN 'runtime'
        ELSE 'go'
    END;
END $$;

-- Gives the job back, unfinished, at no cost to its budgets.
CREATE OR REPLACE FUNCTION queue.release(job uuid, epoch bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(release.job, release.epoch);
BEGIN
    IF j.state = 'cancelling' THEN
        PERFORM queue.cancelled(j.id, j.epoch);
        RETURN;
    END IF;
    UPDATE queue.job q SET
        state = 'queued', reason = 'released', releases = q.releases + 1, lease_owner = NULL,
        lease_expires_at = NULL
    WHERE q.id = j.id;
END $$;

-- The worker's answer to a cancellation.
CREATE OR REPLACE FUNCTION queue.cancelled(job uuid, epoch bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(cancelled.job, cancelled.epoch);
BEGIN
    IF j.state <> 'cancelling' THEN
        RAISE EXCEPTION 'nobody asked to cancel job %', j.id USING ERRCODE = 'PL002';
    END IF;
    UPDATE queue.job q SET
        state = 'cancelled', reason = 'cancelled', failure_class = NULL, failure_message = NULL,
        lease_owner = NULL, lease_expires_at = NULL, finished_at = clock_timestamp()
    WHERE q.id = j.id;
END $$;

-- Keeps the last three snapshots of a job and every tenth.
CREATE OR REPLACE FUNCTION queue.snapshot(
    job uuid, epoch bigint, step bigint, content bytea, bytes bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(snapshot.job, snapshot.epoch);
    newest integer;
BEGIN
    SELECT coalesce(max(s.ordinal), 0) INTO newest FROM queue.snapshot s WHERE s.job = j.id;
    INSERT INTO queue.snapshot (job, epoch, step, content, bytes, ordinal)
    VALUES (
        snapshot.job, snapshot.epoch, snapshot.step, snapshot.content, snapshot.bytes, newest + 1
    ) ON CONFLICT ON CONSTRAINT snapshot_pkey DO NOTHING;
    DELETE FROM queue.snapshot s
    WHERE s.job = j.id AND s.discarded IS NULL AND s.ordinal % 10 <> 0
        AND s.ordinal < (
            SELECT min(k.ordinal) FROM (
                SELECT k.ordinal FROM queue.snapshot k
                WHERE k.job = j.id AND k.discarded IS NULL
                ORDER BY k.ordinal DESC
                LIMIT 3
            ) k
        );
END $$;

-- Records that no attempt shall begin at this snapshot, and that this one began at `resumed`.
CREATE FUNCTION queue.discard_snapshot(
    job uuid, epoch bigint, content bytea, why text, resumed bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(discard_snapshot.job, discard_snapshot.epoch);
BEGIN
    UPDATE queue.snapshot s SET discarded = left(why, 1000)
    WHERE s.job = j.id AND s.content = discard_snapshot.content AND s.discarded IS NULL;
    UPDATE queue.job q SET resumed_step = resumed, step = resumed WHERE q.id = j.id;
END $$;

-- What became of a claim whose last call was not answered: the state that the job went to from
-- it, or 'held' while nothing has ended it, or 'fenced'.
CREATE FUNCTION queue.outcome(job uuid, epoch bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN q.epoch <> outcome.epoch THEN 'fenced'
        WHEN q.state IN ('running', 'cancelling') THEN 'held'
        ELSE q.state
    END FROM queue.job q WHERE q.id = outcome.job;
$$;
