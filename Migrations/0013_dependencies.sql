-- Jobs that come after others, and how requests become jobs.

CREATE TABLE queue.dependency (
    job uuid NOT NULL REFERENCES queue.job,
    -- May be a job that has not come yet: a chain is published at once, in any order.
    needs uuid NOT NULL,
    PRIMARY KEY (job, needs)
);
CREATE INDEX dependency_needs ON queue.dependency (needs, job);

-- What `wanted` (role → name or digest) means at this moment, as a job's `inputs`.
CREATE FUNCTION queue.pin(wanted jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
    found lineage.artifact;
    pinned jsonb := '[]';
    right_kind text;
BEGIN
    FOR item IN SELECT w.key AS role, w.value AS ref FROM jsonb_each_text(wanted) w ORDER BY 1
    LOOP
        SELECT a.* INTO found FROM lineage.artifact a WHERE a.seq = lineage.resolve(item.ref);
        right_kind := CASE item.role WHEN 'dataset' THEN 'dataset' ELSE 'checkpoint' END;
        IF found.kind <> right_kind THEN
            RAISE EXCEPTION 'inputs.% is ''%'', a %; it must be a %',
                item.role, item.ref, found.kind, right_kind USING ERRCODE = 'PL013';
        END IF;
        pinned := pinned || jsonb_build_object(
            'role', item.role, 'artifact', encode(found.digest, 'hex'),
            'content', encode(found.content_digest, 'hex'), 'kind', found.kind
        );
    END LOOP;
    PERFORM queue.check_comparison(pinned);
    RETURN pinned;
END $$;

-- Decides about a blocked job by the jobs that it comes after; its names are pinned here, since
-- they may name what those have made. The row's lock makes the last of them see all the others.
CREATE FUNCTION queue.settle(job uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
    done integer;
    broken record;
    pinned jsonb;
BEGIN
    SELECT * INTO j FROM queue.job q
    WHERE q.id = settle.job AND q.state = 'blocked' FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT k.id, k.state INTO broken FROM queue.job k
    WHERE k.id = ANY (j.after) AND k.state IN ('failed', 'cancelled')
    ORDER BY k.enqueue_seq
    LIMIT 1;
    IF FOUND THEN
        PERFORM queue.fail_waiting(
            j.id, 'dependency', 'job ' || broken.id || ', which it comes after, '
                || CASE broken.state WHEN 'failed' THEN 'failed' ELSE 'was cancelled' END
        );
        RETURN;
    END IF;
    SELECT count(*) INTO done FROM queue.job k
    WHERE k.id = ANY (j.after) AND k.state = 'succeeded';
    IF done < (SELECT count(DISTINCT n) FROM unnest(j.after) n) THEN RETURN; END IF;
    BEGIN
        pinned := queue.pin(j.wanted);
    EXCEPTION
        WHEN SQLSTATE 'PL010' OR SQLSTATE 'PL011' OR SQLSTATE 'PL013' OR SQLSTATE 'PL039' THEN
            PERFORM queue.fail_waiting(j.id, 'invalid', SQLERRM);
            RETURN;
    END;
    UPDATE queue.job q SET
        state = 'queued', reason = 'queued', inputs = pinned,
        due = q.not_before <= clock_timestamp(),
        rank = queue.rank_at(greatest(q.not_before, clock_timestamp()), q.priority)
    WHERE q.id = j.id;
END $$;

CREATE FUNCTION queue.rank_at(waits_since timestamptz, priority integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE RETURN waits_since - priority * interval '30 minutes';

-- Decides about all that come after a job that has ended, and after those that this ends.
CREATE FUNCTION queue.settle_dependents(ended uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    open uuid[] := ARRAY[ended];
    dependent uuid;
    next uuid[];
BEGIN
    WHILE open <> '{}' LOOP
        next := '{}';
        FOR dependent IN
            SELECT DISTINCT d.job FROM queue.dependency d WHERE d.needs = ANY (open) ORDER BY 1
        LOOP
            PERFORM queue.settle(dependent);
            IF EXISTS (
                SELECT FROM queue.job k WHERE k.id = dependent AND k.state = 'failed'
                    AND EXISTS (
                        SELECT FROM queue.dependency d JOIN queue.job w ON w.id = d.job
                        WHERE d.needs = k.id AND w.state = 'blocked'
                    )
            ) THEN
                next := next || dependent;
            END IF;
        END LOOP;
        open := next;
    END LOOP;
END $$;

-- Blocked jobs that could be decided about but were not, as when a job ended in the same moment
-- as its dependent came.
CREATE FUNCTION queue.settle_stragglers() RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    straggler uuid;
    settled integer := 0;
BEGIN
    FOR straggler IN
        SELECT b.id FROM queue.job b
        WHERE b.state = 'blocked' AND (
            NOT EXISTS (
                SELECT FROM unnest(b.after) n (id) LEFT JOIN queue.job k ON k.id = n.id
                WHERE k.state IS DISTINCT FROM 'succeeded'
            ) OR EXISTS (
                SELECT FROM queue.job k
                WHERE k.id = ANY (b.after) AND k.state IN ('failed', 'cancelled')
            )
        )
        ORDER BY b.blocked_until, b.id
        LIMIT 100
    LOOP
        PERFORM queue.settle(straggler);
        settled := settled + 1;
    END LOOP;
    RETURN settled;
END $$;

-- The CloudEvent that tells of a job's new state; in PL/pgSQL, which keeps the plan.
CREATE OR REPLACE FUNCTION queue.job_event(j queue.job) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made jsonb;
BEGIN
    IF j.state = 'succeeded' THEN
        SELECT jsonb_agg(jsonb_build_object(
            'name', a.name, 'kind', a.kind, 'artifact', encode(a.digest, 'hex')
        ) ORDER BY a.seq) INTO made
        FROM lineage.artifact a
        JOIN lineage.run r ON r.seq = a.run
        WHERE r.job = j.id;
    END IF;
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'jobs.events.v1',
        j.id::text,
        jsonb_build_object(
            'ce_specversion', '1.0',
            'ce_id', j.id || '/' || j.version,
            'ce_source', '/palimpsest/queue',
            'ce_type', 'job.' || j.reason || '.v1',
            'ce_subject', j.id,
            'ce_time', to_char(
                clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
            ),
            'content-type', 'application/json'
        ),
        convert_to(jsonb_strip_nulls(jsonb_build_object(
            'job_id', j.id, 'kind', j.kind, 'name', j.name, 'state', j.state,
            'reason', j.reason, 'epoch', j.epoch, 'attempt', j.attempt, 'step', j.step,
            'total_steps', j.total_steps, 'failure_class', j.failure_class,
            'failure_message', j.failure_message, 'outputs', made
        ))::text, 'UTF8')
    );
END $$;

CREATE OR REPLACE FUNCTION queue.record_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.job_transition (job, seq, from_state, to_state, reason, epoch, detail)
    VALUES (
        new.id,
        new.version,
        CASE WHEN TG_OP = 'UPDATE' THEN old.state END,
        new.state,
        new.reason,
        new.epoch,
        CASE WHEN new.reason IN ('failed', 'retrying', 'lost') THEN new.failure_message END
    );
    PERFORM queue.job_event(new);
    IF new.state = 'failed' THEN PERFORM queue.dead_letter(new); END IF;
    -- Deeper, `settle_dependents` is at work already and goes on by itself.
    IF new.state IN ('succeeded', 'failed', 'cancelled') AND pg_trigger_depth() = 1 THEN
        PERFORM queue.settle_dependents(new.id);
    END IF;
    RETURN NULL;
END $$;

DROP FUNCTION queue.submit(
    text, text, uuid, text, text, jsonb, bytea, bytea, jsonb, integer, integer, bigint
);

-- Takes a message that asks for a job; the same message, or the same job again, changes nothing.
-- `request`: the body's fields, `inputs` pinned unless the job comes `after` others; then they
-- are pinned from `wanted` when it unblocks.
CREATE FUNCTION queue.submit(
    source text, message_id text, job uuid, canonical bytea, request jsonb
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known bytea;
    asked bytea := sha256(submit.canonical);
    after uuid[];
BEGIN
    INSERT INTO queue.inbox (source, message_id, job)
    VALUES (submit.source, submit.message_id, submit.job) ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM queue.inbox i
        WHERE i.source = submit.source AND i.message_id = submit.message_id AND i.job = submit.job
    ) THEN
        RETURN 'conflict';
    END IF;
    PERFORM queue.lock_id(submit.job);
    SELECT j.spec_digest INTO known FROM queue.job j
    WHERE j.id = submit.job OR j.idempotency_key = request ->> 'idempotency_key'
    ORDER BY j.id = submit.job DESC
    LIMIT 1;
    IF FOUND THEN
        RETURN CASE WHEN known = asked THEN 'duplicate' ELSE 'conflict' END;
    END IF;
    SELECT coalesce(array_agg(DISTINCT a::uuid), '{}') INTO after
    FROM jsonb_array_elements_text(coalesce(request -> 'after', '[]')) a;
    PERFORM queue.check_request(submit.job, after, coalesce(request -> 'inputs', '[]'));
    PERFORM queue.insert_job(submit.job, submit.canonical, after, submit.request);
    RETURN 'accepted';
EXCEPTION WHEN unique_violation THEN
    -- Another job with the same idempotency key came at this moment.
    IF SQLERRM NOT LIKE '%job_idempotency_key%' THEN RAISE; END IF;
    SELECT j.spec_digest INTO known FROM queue.job j
    WHERE j.idempotency_key = request ->> 'idempotency_key';
    RETURN CASE WHEN known = asked THEN 'duplicate' ELSE 'conflict' END;
END $$;

-- Refuses inputs that are not sealed, and circles.
CREATE FUNCTION queue.check_request(job uuid, after uuid[], inputs jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text;
BEGIN
    SELECT i ->> 'role' INTO missing FROM jsonb_array_elements(inputs) i
    WHERE NOT EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.digest = decode(i ->> 'artifact', 'hex')
            AND a.content_digest = decode(i ->> 'content', 'hex') AND a.kind = i ->> 'kind'
    );
    IF FOUND THEN
        RAISE EXCEPTION 'input ''%'' is not a sealed artifact', missing USING ERRCODE = 'PL010';
    END IF;
    PERFORM queue.check_comparison(inputs);
    IF after = '{}' THEN RETURN; END IF;
    -- One chain at a time, so that two jobs cannot close a circle together.
    PERFORM pg_advisory_xact_lock(7215331049);
    IF EXISTS (
        WITH RECURSIVE up (id) AS (
            SELECT unnest(after)
            UNION
            SELECT d.needs FROM up JOIN queue.dependency d ON d.job = up.id
        )
        SELECT FROM up WHERE up.id = check_request.job
    ) THEN
        RAISE EXCEPTION 'after: job % would come after itself', job USING ERRCODE = 'PL014';
    END IF;
END $$;

CREATE FUNCTION queue.insert_job(
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
        max_runtime double precision, device_class text, memory_bytes bigint, threads integer
    );
    INSERT INTO queue.job (
        id, kind, name, spec, canonical, spec_digest, inputs, wanted, outputs, labels,
        idempotency_key, priority, max_attempts, total_steps, not_before, deadline, max_runtime,
        device_class, memory_bytes, threads, after, retry_of, due, rank, state, reason,
        cancel_requested, finished_at
    ) VALUES (
        insert_job.job, asked.kind, asked.name, asked.spec, insert_job.canonical,
        sha256(insert_job.canonical), coalesce(asked.inputs, '[]'),
        coalesce(asked.wanted, '{}'), asked.outputs, coalesce(asked.labels, '{}'),
        asked.idempotency_key, coalesce(asked.priority, 0), coalesce(asked.max_attempts, 5),
        asked.total_steps, coalesce(asked.not_before, '-infinity'), asked.deadline,
        asked.max_runtime, asked.device_class, asked.memory_bytes, asked.threads,
        insert_job.after, insert_job.retry_of,
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
