-- Jobs of several ranks. A gang belongs to one epoch of a job: rank 0 is whoever claimed the job and
-- holds its lease; the other ranks join, and each renews its own row. All come within a minute or
-- all leave. One gang of a kind assembles at a time, so that two never wait for each other's workers.

ALTER TABLE queue.job
    ADD COLUMN world_size integer NOT NULL DEFAULT 1 CHECK (world_size BETWEEN 1 AND 64);

CREATE TABLE queue.gang (
    job uuid NOT NULL REFERENCES queue.job,
    epoch bigint NOT NULL,
    -- What its ranks know and no rank of another epoch does.
    token text NOT NULL DEFAULT gen_random_uuid()::text,
    size integer NOT NULL CHECK (size > 1),
    assembles_until timestamptz NOT NULL DEFAULT clock_timestamp() + interval '60 seconds',
    complete boolean NOT NULL DEFAULT false,
    PRIMARY KEY (job, epoch)
);
CREATE INDEX gang_assembling ON queue.gang (assembles_until) WHERE NOT complete;

CREATE TABLE queue.gang_member (
    job uuid NOT NULL,
    epoch bigint NOT NULL,
    rank integer NOT NULL CHECK (rank >= 0),
    owner uuid NOT NULL,
    -- host:port of rank 0, where the ranks meet; host of the others.
    endpoint text NOT NULL CHECK (length(endpoint) BETWEEN 1 AND 300),
    expires_at timestamptz NOT NULL,
    -- How it ended: 'finished', 'released', or the class of its failure.
    ended text CHECK (ended IN (
        'finished', 'released', 'invalid', 'permanent', 'transient', 'resource', 'diverged', 'lost'
    )),
    message text CHECK (length(message) <= 10000),
    PRIMARY KEY (job, epoch, rank),
    UNIQUE (job, epoch, owner),
    FOREIGN KEY (job, epoch) REFERENCES queue.gang
);

-- Whether a gang of this kind still waits for ranks.
CREATE FUNCTION queue.gang_assembles(kind text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM queue.gang g
        JOIN queue.job q ON q.id = g.job AND q.epoch = g.epoch
        WHERE NOT g.complete AND g.assembles_until > clock_timestamp()
            AND q.kind = gang_assembles.kind AND q.state = 'running'
    );
$$;

DROP FUNCTION queue.claim(text[], uuid, double precision, jsonb);

-- Takes the first waiting job of these kinds that fits the offer, under a lease of `ttl` seconds.
-- `snapshots` are the places to begin at, newest first; `waited` seconds have passed since the job
-- could first have been claimed; `lost_steps` were done and will be done again; each batch is
-- to be computed in `pieces`, so that it needs less memory at once. Of a job of `world_size` ranks
-- the claim is rank 0's, and opens the gang.
CREATE FUNCTION queue.claim(
    kinds text[], owner uuid, ttl double precision, offer jsonb DEFAULT '{}'
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshots jsonb, waited double precision,
    lost_steps bigint, pieces integer, world_size integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- Where an attempt may begin, newest first, and the first of those steps.
CREATE FUNCTION queue.places(job uuid, OUT places jsonb, OUT first_step bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT
        coalesce(jsonb_agg(jsonb_build_object(
            'step', s.step, 'content', encode(s.content, 'hex')
        ) ORDER BY s.epoch DESC, s.step DESC), '[]'),
        coalesce((array_agg(s.step ORDER BY s.epoch DESC, s.step DESC))[1], 0)
    INTO places, first_step
    FROM (
        SELECT * FROM queue.snapshot k WHERE k.job = places.job AND k.discarded IS NULL
        ORDER BY k.epoch DESC, k.step DESC
        LIMIT 5
    ) s;
END $$;

-- Rank 0 says where the ranks meet; from here on others can join.
CREATE FUNCTION queue.gang_open(job uuid, epoch bigint, endpoint text, ttl double precision)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(gang_open.job, gang_open.epoch);
BEGIN
    INSERT INTO queue.gang_member (job, epoch, rank, owner, endpoint, expires_at)
    VALUES (
        j.id, j.epoch, 0, j.lease_owner, gang_open.endpoint,
        clock_timestamp() + make_interval(secs => ttl)
    ) ON CONFLICT ON CONSTRAINT gang_member_pkey DO NOTHING;
END $$;

-- Gives this worker a rank of the gang that assembles, if one does and it fits; the columns are
-- those of `claim`, and the rank.
CREATE FUNCTION queue.gang_join(
    kinds text[], owner uuid, ttl double precision, offer jsonb, endpoint text
) RETURNS TABLE (
    job uuid, epoch bigint, attempt integer, max_attempts integer, kind text, name text,
    spec jsonb, inputs jsonb, total_steps bigint, snapshots jsonb, waited double precision,
    lost_steps bigint, pieces integer, world_size integer, rank integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang;
    free integer;
BEGIN
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

-- Raises unless this rank is one of the gang that works on the job now, and returns its gang. The
-- job's row is not locked, so ranks do not wait for each other's renewals.
CREATE FUNCTION queue.gang_held(job uuid, epoch bigint, rank integer, owner uuid)
RETURNS queue.gang
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang;
BEGIN
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

-- Lengthens a rank's own lease and answers what it shall do: 'wait' for the others; 'go' on; stop
-- because of 'cancel', or because a rank of the 'gang' is gone; 'dissolve' a gang that did not come
-- together.
CREATE FUNCTION queue.gang_renew(
    job uuid, epoch bigint, rank integer, owner uuid, ttl double precision
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang := queue.gang_held(
        gang_renew.job, gang_renew.epoch, gang_renew.rank, gang_renew.owner
    );
BEGIN
    UPDATE queue.gang_member m
    SET expires_at = clock_timestamp() + make_interval(secs => ttl)
    WHERE m.job = g.job AND m.epoch = g.epoch AND m.rank = gang_renew.rank;
    RETURN CASE
        WHEN EXISTS (SELECT FROM queue.job j WHERE j.id = g.job AND j.state = 'cancelling')
        THEN 'cancel'
        WHEN NOT g.complete AND g.assembles_until <= clock_timestamp() THEN 'dissolve'
        WHEN NOT g.complete THEN 'wait'
        WHEN EXISTS (
            SELECT FROM queue.gang_member m
            WHERE m.job = g.job AND m.epoch = g.epoch AND (
                m.ended NOT IN ('finished', 'released')
                OR m.ended IS NULL AND m.expires_at <= clock_timestamp()
            )
        ) THEN 'gang'
        ELSE 'go'
    END;
END $$;

-- Where the ranks of a complete gang meet.
CREATE FUNCTION queue.gang_place(job uuid, epoch bigint, OUT endpoint text, OUT token text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.endpoint, g.token FROM queue.gang g
    JOIN queue.gang_member m USING (job, epoch)
    WHERE g.job = gang_place.job AND g.epoch = gang_place.epoch AND g.complete AND m.rank = 0;
$$;

-- Why the gang cannot go on: the failure of the first rank that told of one, else the rank that
-- fell silent.
CREATE FUNCTION queue.gang_failure(job uuid, epoch bigint, OUT class text, OUT message text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        coalesce(m.ended, 'lost'),
        'rank ' || m.rank || ': ' || coalesce(m.message, 'it was not heard of in time')
    FROM queue.gang_member m
    WHERE m.job = gang_failure.job AND m.epoch = gang_failure.epoch AND (
        m.ended NOT IN ('finished', 'released')
        OR m.ended IS NULL AND m.expires_at <= clock_timestamp()
    )
    ORDER BY m.ended IS NULL, m.rank
    LIMIT 1;
$$;

-- A rank that is not the first ends, in whatever way. Before the gang is complete its place is free
-- again.
CREATE FUNCTION queue.gang_leave(
    job uuid, epoch bigint, rank integer, owner uuid, how text, message text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    g queue.gang;
BEGIN
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

-- Gives a job back whose gang did not come together, at no cost to its budgets. It waits 30 s to a
-- minute, by `jitter` in [0, 1], in which its worker does what else there is.
CREATE FUNCTION queue.gang_dissolve(job uuid, epoch bigint, jitter double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM queue.release(gang_dissolve.job, gang_dissolve.epoch);
    UPDATE queue.job q SET
        not_before = clock_timestamp() + make_interval(secs => 30 * (1 + jitter)), due = false
    WHERE q.id = gang_dissolve.job AND q.state = 'queued';
END $$;

CREATE OR REPLACE FUNCTION queue.insert_job(
    job uuid, canonical bytea, after uuid[], request jsonb, retry_of uuid DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    buried boolean := EXISTS (SELECT FROM queue.tombstone t WHERE t.job = insert_job.job);
    asked record;
BEGIN
    SELECT * INTO asked FROM jsonb_to_record(request) AS r (
        kind text, name text, spec jsonb, inputs jsonb, wanted jsonb, outputs jsonb,
        labels jsonb, idempotency_key text, priority integer, max_attempts integer,
        total_steps bigint, not_before timestamptz, deadline timestamptz,
        max_runtime double precision, device_class text, memory_bytes bigint, threads integer,
        world_size integer
    );
    INSERT INTO queue.job (
        id, kind, name, spec, canonical, spec_digest, inputs, wanted, outputs, labels,
        idempotency_key, priority, max_attempts, total_steps, not_before, deadline, max_runtime,
        device_class, memory_bytes, threads, world_size, after, retry_of, due, rank, state, reason,
        cancel_requested, finished_at
    ) VALUES (
        insert_job.job, asked.kind, asked.name, asked.spec, insert_job.canonical,
        sha256(insert_job.canonical), coalesce(asked.inputs, '[]'),
        coalesce(asked.wanted, '{}'), asked.outputs, coalesce(asked.labels, '{}'),
        asked.idempotency_key, coalesce(asked.priority, 0), coalesce(asked.max_attempts, 5),
        asked.total_steps, coalesce(asked.not_before, '-infinity'), asked.deadline,
        asked.max_runtime, asked.device_class, asked.memory_bytes, asked.threads,
        coalesce(asked.world_size, 1), insert_job.after, insert_job.retry_of,
        coalesce(asked.not_before <= clock_timestamp(), true),
        queue.rank_at(
            greatest(asked.not_before, clock_timestamp()), coalesce(asked.priority, 0)
        ),
        CASE WHEN buried THEN 'cancelled' WHEN after <> '{}' THEN 'blocked' ELSE 'queued' END,
        CASE WHEN buried THEN 'cancelled' ELSE 'accepted' END,
        buried, CASE WHEN buried THEN clock_timestamp() END
    );
    INSERT INTO queue.dependency (job, needs) SELECT insert_job.job, unnest(insert_job.after);
    -- Whoever ends one of them now waits for this transaction, and then sees this job.
    PERFORM FROM queue.job k WHERE k.id = ANY (insert_job.after) ORDER BY k.id FOR SHARE;
    IF asked.deadline <= clock_timestamp() THEN
        PERFORM queue.fail_waiting(
            insert_job.job, 'deadline', 'the deadline was past when the job came'
        );
    ELSE
        PERFORM queue.settle(insert_job.job);
    END IF;
END $$;

-- Who works on a job of several ranks now.
CREATE VIEW queue.gang_status AS
SELECT
    j.id AS job, g.epoch, g.size, g.complete, m.rank, m.endpoint, m.ended, m.message,
    round(extract(epoch FROM m.expires_at - clock_timestamp()), 1) AS lease_left
FROM queue.job j
JOIN queue.gang g ON g.job = j.id AND g.epoch = j.epoch
JOIN queue.gang_member m ON m.job = g.job AND m.epoch = g.epoch;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA queue FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    queue.claim, queue.gang_open, queue.gang_join, queue.gang_renew, queue.gang_place,
    queue.gang_failure, queue.gang_leave, queue.gang_dissolve
TO palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT SELECT ON queue.gang_status TO palimpsest_reader;
