-- Dead letters: messages that could not become jobs, and jobs that failed for good; both are rows
-- here and messages on jobs.dlq.v1. Replaying and retrying make new work, never reopen old.

ALTER TABLE queue.rejection ADD COLUMN key text;

CREATE TABLE queue.replayed (
    rejection bigint NOT NULL REFERENCES queue.rejection,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX replayed_rejection ON queue.replayed (rejection);

-- The headers that Kafka's own tools read a dead letter by, and ours.
CREATE FUNCTION queue.dead_letter_headers(
    topic text, partition integer, "offset" bigint, stage text, reason text, detail text,
    attempts integer
) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'dlq.reason', reason,
        'dlq.detail', left(detail, 1000),
        'dlq.attempts', attempts::text,
        '__connect.errors.topic', topic,
        '__connect.errors.partition', coalesce(partition::text, ''),
        '__connect.errors.offset', coalesce("offset"::text, ''),
        '__connect.errors.connector.name', 'palimpsest',
        '__connect.errors.task.id', '0',
        '__connect.errors.stage', stage,
        '__connect.errors.class.name', 'palimpsest.' || lower(stage),
        '__connect.errors.exception.class.name', reason,
        '__connect.errors.exception.message', left(detail, 1000),
        '__connect.errors.exception.stacktrace', ''
    );
$$;

-- Keeps a message that cannot become a job, and sends it on to the dead letters.
CREATE OR REPLACE FUNCTION queue.reject(
    topic text, partition integer, "offset" bigint, key text, headers jsonb, original bytea,
    reason text, detail text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.rejection (
        topic, partition, "offset", reason, detail, headers, original, key
    ) VALUES (
        reject.topic, reject.partition, reject."offset", reject.reason, left(detail, 4000),
        reject.headers, reject.original, reject.key
    ) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO queue.outbox (topic, key, headers, value)
    VALUES (
        'jobs.dlq.v1', reject.key,
        reject.headers || queue.dead_letter_headers(
            reject.topic, reject.partition, reject."offset", 'VALUE_CONVERTER', reject.reason,
            reject.detail, 0
        ),
        reject.original
    );
END $$;

-- The body that would ask for the job again.
CREATE FUNCTION queue.body_of(j queue.job) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'job_id', j.id, 'kind', j.kind, 'name', j.name, 'priority', j.priority,
        'max_attempts', j.max_attempts, 'after', nullif(to_jsonb(j.after), '[]')
    )) || jsonb_build_object('spec', j.spec, 'inputs', j.wanted);
$$;

-- A failed job's message for the dead letters.
CREATE FUNCTION queue.dead_letter(j queue.job) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO queue.outbox (topic, key, headers, value)
    SELECT
        'jobs.dlq.v1', j.id::text,
        jsonb_build_object(
            'ce_specversion', '1.0', 'ce_id', j.id || '/dlq', 'ce_source', '/palimpsest/queue',
            'ce_type', 'job.' || j.kind || '.submit.v1', 'ce_subject', j.id,
            'content-type', 'application/json'
        ) || queue.dead_letter_headers(
            'jobs.' || j.kind || '.v1', NULL, NULL, 'TASK_PUT', j.failure_class,
            j.failure_message, j.attempt
        ),
        convert_to(queue.body_of(j)::text, 'UTF8');
$$;

-- Sends a rejected message again, as a new message with an id of its own; replayed twice it is
-- the same message twice, and so one job.
CREATE FUNCTION queue.replay(rejection bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    letter queue.rejection;
    place text;
BEGIN
    SELECT * INTO letter FROM queue.rejection r WHERE r.id = replay.rejection;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no dead letter %', replay.rejection USING
            ERRCODE = 'PL015', HINT = '`palimpsest dead-letters list` names them';
    END IF;
    place := letter.topic || '/' || letter.partition || '/' || letter."offset";
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        letter.topic, letter.key,
        CASE WHEN letter.headers ? 'ce_specversion' THEN letter.headers ELSE
            letter.headers || jsonb_build_object(
                'ce_specversion', '1.0', 'ce_source', '/palimpsest/dead-letters',
                'ce_type', CASE letter.topic WHEN 'jobs.control.v1' THEN 'job.cancel.v1'
                    ELSE 'job.' || split_part(letter.topic, '.', 2) || '.submit.v1' END
            )
        END || jsonb_build_object(
            'ce_id', 'replay-' || letter.id, 'ce_replayedfrom', place
        ),
        letter.original
    );
    INSERT INTO queue.replayed (rejection) VALUES (letter.id);
    RETURN place;
END $$;

-- A person's new try at a job that failed or was cancelled: a new job, linked to the old one, from
-- the same inputs. Asked again while that one is not over, or after it succeeded, it is the same.
CREATE FUNCTION queue.retry(job uuid) RETURNS TABLE (retried uuid, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
    new_id uuid := gen_random_uuid();
    pinned jsonb;
BEGIN
    PERFORM queue.lock_id(retry.job);
    SELECT * INTO j FROM queue.job q WHERE q.id = retry.job;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no job %', retry.job USING ERRCODE = 'PL015';
    END IF;
    IF j.state NOT IN ('failed', 'cancelled') THEN
        RETURN QUERY SELECT j.id, false;
        RETURN;
    END IF;
    RETURN QUERY SELECT q.id, false FROM queue.job q
    WHERE q.retry_of = j.id AND q.state NOT IN ('failed', 'cancelled') LIMIT 1;
    IF FOUND THEN RETURN; END IF;
    -- A job that was never unblocked has nothing pinned yet.
    pinned := CASE WHEN j.inputs = '[]' THEN queue.pin(j.wanted) ELSE j.inputs END;
    PERFORM queue.insert_job(
        new_id, j.canonical, '{}',
        to_jsonb(j) - ARRAY['idempotency_key', 'deadline', 'not_before']
            || jsonb_build_object('inputs', pinned),
        j.id
    );
    RETURN QUERY SELECT new_id, true;
END $$;

-- Messages that the broker refuses for good make room for the others.
ALTER TABLE queue.outbox ADD COLUMN parked_because text;
DROP INDEX queue.outbox_waiting;
CREATE INDEX outbox_waiting ON queue.outbox (id)
WHERE published_at IS NULL AND parked_because IS NULL;
CREATE INDEX outbox_waiting_key ON queue.outbox (key, id)
WHERE published_at IS NULL AND parked_because IS NULL;

CREATE FUNCTION queue.outbox_park(id bigint, because text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE queue.outbox o SET parked_because = left(because, 1000), taken_until = NULL
    WHERE o.id = outbox_park.id AND o.published_at IS NULL;
$$;

CREATE OR REPLACE FUNCTION queue.outbox_take(max_rows integer, ttl double precision)
RETURNS TABLE (id bigint, topic text, key text, headers jsonb, value bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7215331047);
    RETURN QUERY
    WITH next AS (
        SELECT o.id FROM queue.outbox o
        WHERE o.published_at IS NULL AND o.parked_because IS NULL
            AND coalesce(o.taken_until <= clock_timestamp(), true)
            AND NOT EXISTS (
                SELECT FROM queue.outbox e
                WHERE e.published_at IS NULL AND e.parked_because IS NULL AND e.key = o.key
                    AND e.id < o.id AND e.taken_until > clock_timestamp()
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
