-- What workers and publishers may do to the queue. SQLSTATE PL001 means fenced: the caller's
-- claim is no longer the current one, and it must stop without writing anything more.

-- Refuses, before the work, an `original` that the `subject` does not come from.
CREATE FUNCTION queue.check_comparison(inputs jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM jsonb_array_elements(inputs) s
        JOIN jsonb_array_elements(inputs) o ON o ->> 'role' = 'original'
        JOIN lineage.artifact subject ON subject.digest = decode(s ->> 'artifact', 'hex')
        JOIN lineage.artifact original ON original.digest = decode(o ->> 'artifact', 'hex')
        WHERE s ->> 'role' = 'subject' AND NOT lineage.comparable(subject.seq, original.seq)
    ) THEN
        RAISE EXCEPTION 'input ''original'' is neither the original nor the parent of ''subject'''
            USING ERRCODE = 'PL039', HINT = 'lineage.original_of(subject) names them';
    END IF;
END $$;

-- Takes a message that asks for a job; the same message, or the same job again, changes nothing.
CREATE FUNCTION queue.submit(
    source text, message_id text, job uuid, kind text, name text, spec jsonb, canonical bytea,
    spec_digest bytea, inputs jsonb, priority integer, max_attempts integer, total_steps bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known bytea;
    missing text;
BEGIN
    INSERT INTO queue.inbox (source, message_id, job)
    VALUES (submit.source, submit.message_id, submit.job) ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM queue.inbox i
        WHERE i.source = submit.source AND i.message_id = submit.message_id AND i.job = submit.job
    ) THEN
        RETURN 'conflict';
    END IF;
    SELECT j.spec_digest INTO known FROM queue.job j WHERE j.id = submit.job;
    IF NOT FOUND THEN
        SELECT i ->> 'role' INTO missing FROM jsonb_array_elements(inputs) i
        WHERE NOT EXISTS (
            SELECT FROM lineage.artifact a
            WHERE a.digest = decode(i ->> 'artifact', 'hex')
                AND a.content_digest = decode(i ->> 'content', 'hex') AND a.kind = i ->> 'kind'
        );
        IF FOUND THEN
            RAISE EXCEPTION 'input ''%'' is not a sealed artifact', missing
                USING ERRCODE = 'PL010';
        END IF;
        PERFORM queue.check_comparison(inputs);
        INSERT INTO queue.job (
            id, kind, name, spec, canonical, spec_digest, inputs, priority, max_attempts,
            total_steps
        ) VALUES (
            submit.job, submit.kind, submit.name, submit.spec, submit.canonical,
            submit.spec_digest, submit.inputs, submit.priority, submit.max_attempts,
            submit.total_steps
        ) ON CONFLICT DO NOTHING;
        IF FOUND THEN RETURN 'accepted'; END IF;
        SELECT j.spec_digest INTO known FROM queue.job j WHERE j.id = submit.job;
    END IF;
    RETURN CASE WHEN known = submit.spec_digest THEN 'duplicate' ELSE 'conflict' END;
END $$;

-- Keeps a message that cannot become a job, and sends it on to the dead letters.
CREATE FUNCTION queue.reject(
    topic text, partition integer, "offset" bigint, key text, headers jsonb, original bytea,
    reason text, detail text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.rejection (topic, partition, "offset", reason, detail, headers, original)
    VALUES (
        reject.topic, reject.partition, reject."offset", reject.reason, left(detail, 4000),
        reject.headers, reject.original
    ) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO queue.outbox (topic, key, headers, value)
    VALUES (
        'jobs.dlq.v1', reject.key,
        reject.headers || jsonb_build_object(
            'dlq.reason', reject.reason, 'dlq.detail', left(detail, 1000),
            '__connect.errors.topic', reject.topic,
            '__connect.errors.partition', reject.partition::text,
            '__connect.errors.offset', reject."offset"::text,
            '__connect.errors.exception.message', left(detail, 1000)
        ),
        reject.original
    );
END $$;

-- Takes the first waiting job of these kinds under a lease of `ttl` seconds.
CREATE FUNCTION queue.claim(kinds text[], owner uuid, ttl double precision) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshot_step bigint, snapshot_content text
)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH next AS (
        SELECT j.id FROM queue.job j
        WHERE j.state = 'queued' AND j.kind = ANY (kinds) AND j.not_before <= clock_timestamp()
        ORDER BY j.priority DESC, j.enqueue_seq
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), last AS (
        SELECT s.step, s.content FROM queue.snapshot s JOIN next ON next.id = s.job
        ORDER BY s.epoch DESC, s.step DESC
        LIMIT 1
    )
    UPDATE queue.job j SET
        state = 'running', reason = 'started', epoch = j.epoch + 1, attempt = j.attempt + 1,
        lease_owner = owner,
        lease_expires_at = clock_timestamp() + make_interval(secs => ttl),
        heartbeat_at = clock_timestamp(),
        attempt_started_at = clock_timestamp(),
        started_at = coalesce(j.started_at, clock_timestamp()),
        step = coalesce((SELECT step FROM last), 0),
        resumed_step = coalesce((SELECT step FROM last), 0)
    FROM next WHERE j.id = next.id
    RETURNING
        j.id, j.epoch, j.attempt, j.max_attempts, j.kind, j.name, j.spec, j.inputs,
        j.total_steps, (SELECT step FROM last), encode((SELECT content FROM last), 'hex');
$$;

-- Locks the row of a claim that is still the current one, or refuses.
CREATE FUNCTION queue.held(job uuid, epoch bigint) RETURNS queue.job
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
BEGIN
    SELECT * INTO j FROM queue.job q WHERE q.id = held.job FOR UPDATE;
    IF j.epoch = held.epoch AND j.state = 'running' AND j.lease_expires_at > clock_timestamp()
    THEN
        RETURN j;
    END IF;
    RAISE EXCEPTION 'fenced: epoch % no longer holds job %', held.epoch, held.job USING
        ERRCODE = 'PL001',
        DETAIL = coalesce(
            'the job is ' || j.state || ' in epoch ' || j.epoch || CASE j.state
                WHEN 'running' THEN ', lease until ' || j.lease_expires_at ELSE '' END,
            'there is no such job'
        );
END $$;

-- Lengthens the lease; returns whether the job shall be cancelled.
CREATE FUNCTION queue.renew(job uuid, epoch bigint, ttl double precision) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(renew.job, renew.epoch);
BEGIN
    UPDATE queue.job q SET
        lease_expires_at = clock_timestamp() + make_interval(secs => ttl),
        heartbeat_at = clock_timestamp()
    WHERE q.id = j.id;
    RETURN j.cancel_requested;
END $$;

CREATE FUNCTION queue.progress(
    job uuid, epoch bigint, step bigint, total_steps bigint, "values" jsonb
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(progress.job, progress.epoch);
BEGIN
    UPDATE queue.job q SET
        step = progress.step, total_steps = coalesce(progress.total_steps, q.total_steps)
    WHERE q.id = j.id;
    IF "values" <> '{}' THEN
        INSERT INTO queue.curve (job, epoch, step, "values")
        VALUES (progress.job, progress.epoch, progress.step, progress."values")
        ON CONFLICT ON CONSTRAINT curve_pkey DO UPDATE SET "values" = excluded."values";
    END IF;
END $$;

CREATE FUNCTION queue.snapshot(
    job uuid, epoch bigint, step bigint, content bytea, bytes bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(snapshot.job, snapshot.epoch);
BEGIN
    INSERT INTO queue.snapshot (job, epoch, step, content, bytes)
    VALUES (
        snapshot.job, snapshot.epoch, snapshot.step, snapshot.content, snapshot.bytes
    ) ON CONFLICT ON CONSTRAINT snapshot_pkey DO NOTHING;
END $$;

-- Gives the job back, unfinished, at no cost to its attempts.
CREATE FUNCTION queue.release(job uuid, epoch bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(release.job, release.epoch);
BEGIN
    UPDATE queue.job q SET
        state = 'queued', reason = 'released', attempt = q.attempt - 1, lease_owner = NULL,
        lease_expires_at = NULL
    WHERE q.id = j.id;
END $$;

-- Ends the attempt: back to the queue after `delay` seconds where another may help, else failed.
CREATE FUNCTION queue.fail(
    job uuid, epoch bigint, class text, message text, retryable boolean, delay double precision
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(fail.job, fail.epoch);
    retry boolean := retryable AND j.attempt < j.max_attempts AND NOT j.cancel_requested;
BEGIN
    UPDATE queue.job q SET
        state = CASE WHEN retry THEN 'queued' ELSE 'failed' END,
        reason = CASE WHEN retry THEN 'retrying' ELSE 'failed' END,
        not_before = CASE
            WHEN retry THEN clock_timestamp() + make_interval(secs => delay) ELSE q.not_before
        END,
        failure_class = class, failure_message = left(message, 10000),
        lease_owner = NULL, lease_expires_at = NULL,
        finished_at = CASE WHEN NOT retry THEN clock_timestamp() END
    WHERE q.id = j.id;
    RETURN CASE WHEN retry THEN 'queued' ELSE 'failed' END;
END $$;

-- Asks for the job's end: at once where nobody works on it, else with the worker's next renewal.
CREATE FUNCTION queue.cancel(job uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
BEGIN
    SELECT * INTO j FROM queue.job q WHERE q.id = cancel.job FOR UPDATE;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    IF j.state = 'queued' THEN
        UPDATE queue.job q SET
            state = 'cancelled', reason = 'cancelled', cancel_requested = true,
            finished_at = clock_timestamp()
        WHERE q.id = j.id;
        RETURN 'cancelled';
    END IF;
    IF j.state <> 'running' THEN RETURN 'finished'; END IF;
    UPDATE queue.job q SET cancel_requested = true WHERE q.id = j.id;
    RETURN 'requested';
END $$;

-- The worker's answer to a cancellation.
CREATE FUNCTION queue.cancelled(job uuid, epoch bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(cancelled.job, cancelled.epoch);
BEGIN
    IF NOT j.cancel_requested THEN
        RAISE EXCEPTION 'nobody asked to cancel job %', j.id USING ERRCODE = 'PL002';
    END IF;
    UPDATE queue.job q SET
        state = 'cancelled', reason = 'cancelled', lease_owner = NULL, lease_expires_at = NULL,
        finished_at = clock_timestamp()
    WHERE q.id = j.id;
END $$;

-- Takes jobs back from workers whose lease ran out; returns how many.
CREATE FUNCTION queue.reap() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reaped integer;
BEGIN
    WITH dead AS (
        SELECT
            q.id,
            CASE
                WHEN q.cancel_requested THEN 'cancelled'
                WHEN q.attempt < q.max_attempts THEN 'queued'
                ELSE 'failed'
            END AS next
        FROM queue.job q
        WHERE q.state = 'running' AND q.lease_expires_at <= clock_timestamp()
        ORDER BY q.id
        LIMIT 100
        FOR UPDATE SKIP LOCKED
    )
    UPDATE queue.job q SET
        state = dead.next,
        reason = CASE dead.next WHEN 'queued' THEN 'lost' ELSE dead.next END,
        failure_class = 'lost',
        failure_message = 'the worker''s lease ran out in attempt ' || q.attempt || ' of '
            || q.max_attempts || ' at step ' || q.step,
        lease_owner = NULL, lease_expires_at = NULL,
        finished_at = CASE WHEN dead.next <> 'queued' THEN clock_timestamp() END
    FROM dead WHERE q.id = dead.id;
    GET DIAGNOSTICS reaped = ROW_COUNT;
    RETURN reaped;
END $$;

-- Lends up to `max_rows` unsent messages for `ttl` seconds, oldest first. Messages with one key
-- are lent to one sender at a time, so that they leave in order.
CREATE FUNCTION queue.outbox_take(max_rows integer, ttl double precision) RETURNS TABLE (
    id bigint, topic text, key text, headers jsonb, value bytea
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7215331047);
    RETURN QUERY
    WITH next AS (
        SELECT o.id FROM queue.outbox o
        WHERE o.published_at IS NULL
            AND coalesce(o.taken_until <= clock_timestamp(), true)
            AND NOT EXISTS (
                SELECT FROM queue.outbox e
                WHERE e.published_at IS NULL AND e.key = o.key AND e.id < o.id
                    AND e.taken_until > clock_timestamp()
            )
        ORDER BY o.id
        LIMIT max_rows
    ), taken AS (
        UPDATE queue.outbox o SET taken_until = clock_timestamp() + make_interval(secs => ttl)
        FROM next WHERE o.id = next.id
        RETURNING o.*
    )
    SELECT t.id, t.topic, t.key, t.headers, t.value FROM taken t ORDER BY t.id;
END $$;

CREATE FUNCTION queue.outbox_done(ids bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE queue.outbox SET published_at = clock_timestamp(), taken_until = NULL
    WHERE id = ANY (ids) AND published_at IS NULL;
$$;
