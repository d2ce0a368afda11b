-- How attempts and jobs end: budgets, cancellation, lost leases, deadlines.

-- What stays of a message when numbers and digests, which differ each time, are taken out.
CREATE FUNCTION queue.fingerprint(class text, message text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(
        class || ' ' || regexp_replace(message, '[0-9a-f]*[0-9][0-9a-f]*', '#', 'gi'), 'UTF8'
    ));
$$;

DROP FUNCTION queue.fail(uuid, bigint, text, text, boolean, double precision);

-- Ends the attempt and returns the job's new state. Errors that may pass wait a random time below
-- 5 s · 2^errors, at most 15 minutes, times `jitter` in [0, 1]; `jitter` is the caller's draw.
--   transient   until `max_attempts` errors, or the same failure three times in a row
--   resource    once more            diverged  once more, from an earlier snapshot
--   lost        until `max_losses`   all others: never again
CREATE FUNCTION queue.fail(
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
    delay double precision := jitter * least(900, 5 * 2 ^ least(spent + missed, 10));
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

-- Jobs that somebody cancelled before they came; remembered for a week.
CREATE TABLE queue.tombstone (
    job uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Lets one transaction at a time decide about a job that may not be there yet.
CREATE FUNCTION queue.lock_id(job uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(job::text, 7215331048));
$$;

-- Asks for the job's end: at once where nobody works on it, else with the worker's next renewal.
CREATE OR REPLACE FUNCTION queue.cancel(job uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
BEGIN
    PERFORM queue.lock_id(cancel.job);
    SELECT * INTO j FROM queue.job q WHERE q.id = cancel.job FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO queue.tombstone (job) VALUES (cancel.job)
        ON CONFLICT ON CONSTRAINT tombstone_pkey DO UPDATE SET at = excluded.at;
        RETURN 'unknown';
    END IF;
    IF j.state IN ('blocked', 'queued', 'retry_wait') THEN
        UPDATE queue.job q SET
            state = 'cancelled', reason = 'cancelled', cancel_requested = true,
            failure_class = NULL, failure_message = NULL, finished_at = clock_timestamp()
        WHERE q.id = j.id;
        RETURN 'cancelled';
    END IF;
    IF j.state = 'running' THEN
        UPDATE queue.job q SET
            state = 'cancelling', reason = 'cancelling', cancel_requested = true
        WHERE q.id = j.id;
    END IF;
    RETURN CASE WHEN j.state IN ('running', 'cancelling') THEN 'requested' ELSE 'finished' END;
END $$;

-- Takes up to 100 jobs back from workers whose lease ran out, or who go on a minute after the
-- job's deadline; returns how many.
CREATE FUNCTION queue.reap_leases() RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reaped integer;
BEGIN
    WITH dead AS (
        SELECT
            q.id,
            CASE
                WHEN q.state = 'cancelling' THEN 'cancelled'
                WHEN q.deadline <= clock_timestamp() THEN 'failed'
                WHEN q.losses + 1 < q.max_losses THEN 'queued'
                ELSE 'failed'
            END AS next,
            CASE
                WHEN q.state = 'cancelling' THEN NULL
                WHEN q.deadline <= clock_timestamp() THEN 'deadline'
                ELSE 'lost'
            END AS class
        FROM queue.job q
        WHERE q.state IN ('running', 'cancelling') AND (
            q.lease_expires_at <= clock_timestamp()
            OR q.deadline + interval '1 minute' <= clock_timestamp()
        )
        LIMIT 100
        FOR UPDATE SKIP LOCKED
    )
    UPDATE queue.job q SET
        state = dead.next,
        reason = CASE dead.next WHEN 'queued' THEN 'lost' ELSE dead.next END,
        losses = q.losses + (dead.class IS NOT DISTINCT FROM 'lost')::integer,
        failure_class = dead.class,
        failure_message = CASE dead.class
            WHEN 'lost' THEN 'the worker''s lease ran out in attempt ' || q.attempt
                || ' at step ' || q.step || ', loss ' || q.losses + 1 || ' of ' || q.max_losses
            WHEN 'deadline' THEN 'the deadline ' || q.deadline || ' came at step ' || q.step
        END,
        lease_owner = NULL, lease_expires_at = NULL,
        finished_at = CASE WHEN dead.next <> 'queued' THEN clock_timestamp() END
    FROM dead WHERE q.id = dead.id;
    GET DIAGNOSTICS reaped = ROW_COUNT;
    RETURN reaped;
END $$;

-- Fails up to 100 waiting jobs whose deadline has come, or that wait for jobs nobody has heard of.
CREATE FUNCTION queue.expire() RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    late uuid;
    expired integer := 0;
BEGIN
    FOR late IN
        SELECT q.id FROM queue.job q
        WHERE q.state IN ('blocked', 'queued', 'retry_wait') AND q.deadline IS NOT NULL
            AND q.deadline <= clock_timestamp()
        ORDER BY q.deadline
        LIMIT 100
        FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM queue.fail_waiting(
            late, 'deadline', 'the deadline came before the job was done'
        );
        expired := expired + 1;
    END LOOP;
    FOR late IN
        SELECT q.id FROM queue.job q
        WHERE q.state = 'blocked' AND q.blocked_until <= clock_timestamp() AND EXISTS (
            SELECT FROM unnest(q.after) n (id)
            WHERE NOT EXISTS (SELECT FROM queue.job k WHERE k.id = n.id)
        )
        ORDER BY q.blocked_until
        LIMIT 100
        FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM queue.fail_waiting(
            late, 'dependency', 'a job that it comes after was never published'
        );
        expired := expired + 1;
    END LOOP;
    RETURN expired;
END $$;

CREATE FUNCTION queue.fail_waiting(job uuid, class text, message text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE queue.job q SET
        state = 'failed', reason = 'failed', failure_class = class,
        failure_message = left(message, 10000), finished_at = clock_timestamp()
    WHERE q.id = fail_waiting.job AND q.state IN ('blocked', 'queued', 'retry_wait');
$$;

-- What any worker does for all every few seconds; returns how many jobs it changed.
CREATE OR REPLACE FUNCTION queue.reap() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM queue.tombstone t WHERE t.at < clock_timestamp() - interval '7 days';
    RETURN queue.reap_leases() + queue.expire() + queue.settle_stragglers();
END $$;
