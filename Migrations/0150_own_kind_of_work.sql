-- A worker of one kind does that kind of work only. Before this, only the seal asked: who trains
-- could claim a job to unlearn, fail it, and give it snapshots that its next attempt went on from.

CREATE OR REPLACE FUNCTION lineage.check_writer(kind text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    caller text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    IF NOT pg_has_role(caller, 'palimpsest_worker', 'MEMBER')
        AND NOT pg_has_role(caller, 'palimpsest_worker_' || kind, 'MEMBER')
    THEN
        RAISE EXCEPTION 'role % does no work of kind ''%''', caller, kind USING
            ERRCODE = '42501', HINT = 'each kind is done by members of palimpsest_worker_KIND';
    END IF;
END $$;

-- Every function of a worker about a job that it holds goes through here.
CREATE OR REPLACE FUNCTION queue.held(job uuid, epoch bigint) RETURNS queue.job
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
BEGIN
    SELECT * INTO j FROM queue.job q WHERE q.id = held.job FOR UPDATE;
    IF FOUND THEN PERFORM lineage.check_writer(j.kind); END IF;
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

-- `held` has asked before.
CREATE OR REPLACE FUNCTION queue.complete(
    job uuid, epoch bigint, outputs jsonb, edges jsonb, metrics jsonb
) RETURNS TABLE (output text, artifact text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    j queue.job := queue.held(complete.job, complete.epoch);
    made bigint;
BEGIN
    made := lineage.seal_run(j, outputs, edges, metrics);
    UPDATE queue.job q SET
        state = 'succeeded', reason = 'succeeded', step = coalesce(q.total_steps, q.step),
        failure_class = NULL, failure_message = NULL, lease_owner = NULL,
        lease_expires_at = NULL, finished_at = clock_timestamp()
    WHERE q.id = j.id;
    RETURN QUERY SELECT a.name, encode(a.digest, 'hex') FROM lineage.artifact a
    WHERE a.run = made ORDER BY a.seq;
END $$;

CREATE OR REPLACE FUNCTION queue.claim(
    kinds text[], owner uuid, ttl double precision, offer jsonb DEFAULT '{}'
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text, spec jsonb,
    inputs jsonb, total_steps bigint, snapshots jsonb, waited double precision, lost_steps bigint,
    pieces integer, world_size integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    one_kind text;
    next record;
    places jsonb;
    first_step bigint;
    since timestamptz;
    largest integer := coalesce((offer ->> 'world_size')::integer, 1);
    most integer;
BEGIN
    FOREACH one_kind IN ARRAY kinds LOOP
        PERFORM lineage.check_writer(one_kind);
    END LOOP;
    PERFORM queue.wake();
    FOREACH one_kind IN ARRAY kinds LOOP
        most := largest;
        LOOP
            SELECT j.id, j.step, j.version, j.not_before, j.world_size INTO next FROM queue.job j
            WHERE j.state IN ('queued', 'retry_wait') AND j.due AND j.kind = one_kind
                AND (j.deadline IS NULL OR j.deadline > clock_timestamp())
                AND j.world_size <= most
                AND queue.fits(j.device_class, j.memory_bytes, j.threads, offer)
            ORDER BY j.rank, j.enqueue_seq
            LIMIT 1
            FOR UPDATE SKIP LOCKED;
            EXIT WHEN next.id IS NULL OR next.world_size = 1;
            -- Held until this claim is committed, so the next who asks sees its gang.
            EXIT WHEN pg_try_advisory_xact_lock(hashtextextended(one_kind, 7215331050))
                AND NOT queue.gang_assembles(one_kind);
            most := 1;
        END LOOP;
        EXIT WHEN next.id IS NOT NULL;
    END LOOP;
    IF next.id IS NULL THEN RETURN; END IF;
    SELECT p.places, p.first_step INTO places, first_step FROM queue.places(next.id) p;
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
        CASE WHEN j.special_retries ? 'resource' THEN 4 ELSE 1 END, j.world_size;
    IF next.world_size > 1 THEN
        INSERT INTO queue.gang (job, epoch, size)
        SELECT j.id, j.epoch, j.world_size FROM queue.job j WHERE j.id = next.id;
    END IF;
END $$;

-- What a worker says of itself is what its runs were made with.
CREATE OR REPLACE FUNCTION queue.enlist(
    incarnation uuid, kind text, offer jsonb, code bytea, environment text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_writer(enlist.kind);
    INSERT INTO queue.worker (
        incarnation, kind, offer, code_digest, environment, environment_digest
    ) VALUES (
        enlist.incarnation, enlist.kind, enlist.offer, enlist.code, enlist.environment,
        sha256(convert_to(enlist.environment, 'UTF8'))
    );
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'incarnation % has started before; each start of a worker needs its own',
        enlist.incarnation USING ERRCODE = 'PL004';
END $$;

-- Gangs ---------------------------------------------------------------------------------------

-- For what is asked by the job's id alone.
CREATE FUNCTION queue.check_worker(job uuid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_writer(j.kind) FROM queue.job j WHERE j.id = check_worker.job;
END $$;
REVOKE ALL ON FUNCTION queue.check_worker FROM PUBLIC;

CREATE OR REPLACE FUNCTION queue.gang_join(
    kinds text[], owner uuid, ttl double precision, offer jsonb, endpoint text
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text, spec jsonb,
    inputs jsonb, total_steps bigint, snapshots jsonb, waited double precision, lost_steps bigint,
    pieces integer, world_size integer, rank integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    one_kind text;
    g queue.gang;
    free integer;
BEGIN
    FOREACH one_kind IN ARRAY kinds LOOP
        PERFORM lineage.check_writer(one_kind);
    END LOOP;
    SELECT n.* INTO g FROM queue.gang n
    JOIN queue.job j ON j.id = n.job AND j.epoch = n.epoch
    WHERE NOT n.complete AND n.assembles_until > clock_timestamp()
        AND j.kind = ANY (kinds) AND j.state = 'running'
        AND j.lease_expires_at > clock_timestamp()
        AND j.world_size <= coalesce((offer ->> 'world_size')::integer, 1)
        AND queue.fits(j.device_class, j.memory_bytes, j.threads, offer)
        AND EXISTS (
            SELECT FROM queue.gang_member m
            WHERE m.job = n.job AND m.epoch = n.epoch AND m.rank = 0
        )
    LIMIT 1
    FOR UPDATE OF n SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    -- Whoever left before the gang was complete, or fell silent, makes room.
    DELETE FROM queue.gang_member m
    WHERE m.job = g.job AND m.epoch = g.epoch AND m.rank > 0
        AND (m.expires_at <= clock_timestamp() OR m.owner = gang_join.owner);
    SELECT min(r) INTO free FROM generate_series(1, g.size - 1) r
    WHERE NOT EXISTS (
        SELECT FROM queue.gang_member m
        WHERE m.job = g.job AND m.epoch = g.epoch AND m.rank = r
    );
    IF free IS NULL THEN RETURN; END IF;
    INSERT INTO queue.gang_member (job, epoch, rank, owner, endpoint, expires_at)
    VALUES (
        g.job, g.epoch, free, gang_join.owner, gang_join.endpoint,
        clock_timestamp() + make_interval(secs => ttl)
    );
    UPDATE queue.gang n SET complete = true
    WHERE n.job = g.job AND n.epoch = g.epoch AND g.size = (
        SELECT count(*) FROM queue.gang_member m WHERE m.job = g.job AND m.epoch = g.epoch
    );
    RETURN QUERY SELECT
        j.id, j.epoch, j.attempt, j.max_attempts, j.kind, j.name, j.spec, j.inputs, j.total_steps,
        p.places, 0::double precision, 0::bigint,
        CASE WHEN j.special_retries ? 'resource' THEN 4 ELSE 1 END, j.world_size, free
    FROM queue.job j
    CROSS JOIN LATERAL queue.places(j.id) p
    WHERE j.id = g.job;
END $$;

CREATE OR REPLACE FUNCTION queue.gang_held(
    job uuid, epoch bigint, rank integer, owner uuid
) RETURNS queue.gang
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang;
BEGIN
    PERFORM queue.check_worker(gang_held.job);
    SELECT n.* INTO g FROM queue.gang n
    JOIN queue.job j ON j.id = n.job AND j.epoch = n.epoch
    JOIN queue.gang_member m ON m.job = n.job AND m.epoch = n.epoch
    WHERE n.job = gang_held.job AND n.epoch = gang_held.epoch
        AND j.state IN ('running', 'cancelling') AND j.lease_expires_at > clock_timestamp()
        AND m.rank = gang_held.rank AND m.owner = gang_held.owner
        AND m.expires_at > clock_timestamp();
    IF FOUND THEN RETURN g; END IF;
    RAISE EXCEPTION 'fenced: rank % of epoch % no longer works on job %', gang_held.rank,
        gang_held.epoch, gang_held.job USING ERRCODE = 'PL001';
END $$;

-- The token opens the gang's connections.
CREATE OR REPLACE FUNCTION queue.gang_place(
    job uuid, epoch bigint, OUT endpoint text, OUT token text
) RETURNS record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM queue.check_worker(gang_place.job);
    SELECT m.endpoint, g.token INTO endpoint, token FROM queue.gang g
    JOIN queue.gang_member m USING (job, epoch)
    WHERE g.job = gang_place.job AND g.epoch = gang_place.epoch AND g.complete AND m.rank = 0;
END $$;

CREATE OR REPLACE FUNCTION queue.gang_leave(
    job uuid, epoch bigint, rank integer, owner uuid, how text, message text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang;
BEGIN
    PERFORM queue.check_worker(gang_leave.job);
    SELECT n.* INTO g FROM queue.gang n
    WHERE n.job = gang_leave.job AND n.epoch = gang_leave.epoch FOR UPDATE;
    IF g.complete THEN
        UPDATE queue.gang_member m SET ended = how, message = left(gang_leave.message, 10000)
        WHERE m.job = g.job AND m.epoch = g.epoch AND m.rank = gang_leave.rank
            AND m.owner = gang_leave.owner AND m.rank > 0 AND m.ended IS NULL;
    ELSE
        DELETE FROM queue.gang_member m
        WHERE m.job = g.job AND m.epoch = g.epoch AND m.rank = gang_leave.rank
            AND m.owner = gang_leave.owner AND m.rank > 0;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION queue.gang_failure(
    job uuid, epoch bigint, OUT class text, OUT message text
) RETURNS record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM queue.check_worker(gang_failure.job);
    SELECT
        coalesce(m.ended, 'lost'),
        'rank ' || m.rank || ': ' || coalesce(m.message, 'it was not heard of in time')
    INTO class, message
    FROM queue.gang_member m
    WHERE m.job = gang_failure.job AND m.epoch = gang_failure.epoch AND (
        m.ended NOT IN ('finished', 'released')
        OR m.ended IS NULL AND m.expires_at <= clock_timestamp()
    )
    ORDER BY m.ended IS NULL, m.rank
    LIMIT 1;
END $$;
