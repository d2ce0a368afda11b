-- The whole state machine: what a job may be, what may follow, and what each state needs.
--
--   blocked ─► queued ─► running ─► succeeded
--      │         ▲ │      │ │ └───► retry_wait ─► running
--      │         └─┼──────┘ └─────► cancelling ─► cancelled
--      └───────────┴─► failed, cancelled           (terminal states absorb)

ALTER TABLE queue.job
    ADD COLUMN after uuid[] NOT NULL DEFAULT '{}',
    -- Role → reference as it was written, for a job whose inputs are pinned when it unblocks.
    ADD COLUMN wanted jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(wanted) = 'object'),
    -- [{name, kind}] where the request says what the job must make.
    ADD COLUMN outputs jsonb CHECK (jsonb_typeof(outputs) = 'array'),
    ADD COLUMN labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
    ADD COLUMN idempotency_key text CHECK (length(idempotency_key) BETWEEN 1 AND 200),
    ADD COLUMN retry_of uuid REFERENCES queue.job,
    ADD COLUMN deadline timestamptz,
    ADD COLUMN max_runtime double precision CHECK (max_runtime > 0),
    -- Until then every job of `after` must have been heard of.
    ADD COLUMN blocked_until timestamptz NOT NULL
        DEFAULT clock_timestamp() + interval '7 days',
    ADD COLUMN device_class text CHECK (device_class ~ '^[a-z][a-z0-9_-]{0,31}$'),
    ADD COLUMN memory_bytes bigint CHECK (memory_bytes > 0),
    ADD COLUMN threads integer CHECK (threads > 0),
    -- Whether `not_before` is past, as far as the claim index knows.
    ADD COLUMN due boolean NOT NULL DEFAULT true,
    -- Who waits longest, a step of priority counting as 30 minutes of waiting: since that is
    -- linear in time, the order never changes while jobs wait, and an index holds it.
    ADD COLUMN rank timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN errors integer NOT NULL DEFAULT 0 CHECK (errors >= 0),
    ADD COLUMN losses integer NOT NULL DEFAULT 0 CHECK (losses >= 0),
    ADD COLUMN releases integer NOT NULL DEFAULT 0 CHECK (releases >= 0),
    ADD COLUMN max_losses integer NOT NULL DEFAULT 5 CHECK (max_losses BETWEEN 1 AND 100),
    ADD COLUMN failure_fingerprint bytea,
    ADD COLUMN same_failures integer NOT NULL DEFAULT 0 CHECK (same_failures >= 0),
    -- How often a class that has one more try each has had it: {"resource": 1}.
    ADD COLUMN special_retries jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT job_not_after_itself CHECK (id <> ALL (after)),
    ADD CONSTRAINT job_errors_bounded CHECK (errors <= max_attempts),
    ADD CONSTRAINT job_losses_bounded CHECK (losses <= max_losses),
    DROP CONSTRAINT job_attempts_bounded,
    DROP CONSTRAINT job_state_check,
    DROP CONSTRAINT job_reason_check,
    DROP CONSTRAINT job_failure_class_check,
    DROP CONSTRAINT job_lease_iff_running,
    DROP CONSTRAINT job_started_before_work,
    ADD CONSTRAINT job_state_check CHECK (state IN (
        'blocked', 'queued', 'retry_wait', 'running', 'cancelling',
        'succeeded', 'failed', 'cancelled'
    )),
    ADD CONSTRAINT job_reason_check CHECK (reason IN (
        'accepted', 'queued', 'started', 'retrying', 'lost', 'released', 'cancelling',
        'succeeded', 'failed', 'cancelled'
    )),
    ADD CONSTRAINT job_failure_class_check CHECK (failure_class IN (
        'invalid', 'permanent', 'transient', 'resource', 'diverged', 'lost', 'dependency',
        'deadline'
    )),
    ADD CONSTRAINT job_lease_iff_running CHECK (
        (state IN ('running', 'cancelling')) = (lease_owner IS NOT NULL)
        AND (state IN ('running', 'cancelling')) = (lease_expires_at IS NOT NULL)
    ),
    ADD CONSTRAINT job_started_before_work CHECK (
        state NOT IN ('running', 'cancelling', 'retry_wait', 'succeeded')
        OR (started_at IS NOT NULL AND epoch > 0)
    ),
    ADD CONSTRAINT job_blocked_waits_for_something CHECK (
        state <> 'blocked' OR after <> '{}'
    );

CREATE UNIQUE INDEX job_idempotency_key ON queue.job (idempotency_key)
WHERE idempotency_key IS NOT NULL;
CREATE INDEX job_retry_of ON queue.job (retry_of) WHERE retry_of IS NOT NULL;

-- Still no index holds a column that a heartbeat changes.
DROP INDEX queue.job_claim;
DROP INDEX queue.job_running;
CREATE INDEX job_claim ON queue.job (kind, rank, enqueue_seq)
WHERE state IN ('queued', 'retry_wait') AND due;
CREATE INDEX job_later ON queue.job (not_before)
WHERE state IN ('queued', 'retry_wait') AND NOT due;
CREATE INDEX job_leased ON queue.job (id) WHERE state IN ('running', 'cancelling');
CREATE INDEX job_blocked ON queue.job (blocked_until, id) WHERE state = 'blocked';
CREATE INDEX job_deadline ON queue.job (deadline)
WHERE state IN ('blocked', 'queued', 'retry_wait') AND deadline IS NOT NULL;

-- What may follow what. Bodies like this one are bound when they are made, so that they need no
-- search path and can be inlined.
CREATE FUNCTION queue.may_follow(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN after = ANY (CASE before
        WHEN 'blocked' THEN ARRAY['queued', 'failed', 'cancelled']
        WHEN 'queued' THEN ARRAY['running', 'failed', 'cancelled']
        WHEN 'retry_wait' THEN ARRAY['running', 'failed', 'cancelled']
        WHEN 'running' THEN ARRAY['queued', 'retry_wait', 'cancelling', 'succeeded', 'failed']
        WHEN 'cancelling' THEN ARRAY['cancelled']
        ELSE ARRAY[]::text[]
    END);

CREATE OR REPLACE FUNCTION queue.guard_job() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'jobs are never deleted' USING ERRCODE = 'PL020';
    END IF;
    IF old.state IN ('succeeded', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'job % is %, and stays so', old.id, old.state USING ERRCODE = 'PL021';
    END IF;
    IF (new.id, new.kind, new.name, new.spec, new.canonical, new.created_at, new.after,
            new.wanted, new.outputs, new.retry_of, new.idempotency_key)
        IS DISTINCT FROM
        (old.id, old.kind, old.name, old.spec, old.canonical, old.created_at, old.after,
            old.wanted, old.outputs, old.retry_of, old.idempotency_key)
        OR (new.inputs IS DISTINCT FROM old.inputs AND old.state <> 'blocked')
    THEN
        RAISE EXCEPTION 'what job % asked for cannot change', old.id USING ERRCODE = 'PL022';
    END IF;
    IF new.state <> old.state AND NOT queue.may_follow(old.state, new.state) THEN
        RAISE EXCEPTION 'job % cannot go from % to %', old.id, old.state, new.state
            USING ERRCODE = 'PL023';
    END IF;
    IF new.epoch <> old.epoch
        + (old.state IN ('queued', 'retry_wait') AND new.state = 'running')::integer
    THEN
        RAISE EXCEPTION 'the epoch of job % grows by one with each claim, and only then', old.id
            USING ERRCODE = 'PL024';
    END IF;
    new.version := old.version + (new.state <> old.state)::integer;
    RETURN new;
END $$;

-- A job that says what it makes makes exactly that.
CREATE FUNCTION queue.guard_outputs() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made jsonb;
BEGIN
    SELECT coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'kind', a.kind)), '[]')
    INTO made
    FROM lineage.artifact a
    JOIN lineage.run r ON r.seq = a.run
    WHERE r.job = new.id;
    IF NOT (made @> new.outputs AND new.outputs @> made) THEN
        RAISE EXCEPTION 'job % declared the outputs % and made %', new.id, new.outputs, made
            USING ERRCODE = 'PL003';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER guard_outputs BEFORE UPDATE ON queue.job
FOR EACH ROW WHEN (new.state = 'succeeded' AND new.outputs IS NOT NULL)
EXECUTE FUNCTION queue.guard_outputs();
