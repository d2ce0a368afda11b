-- The desk of jobs: what was asked for, who works on it, how far it is.
CREATE SCHEMA queue;

CREATE TABLE queue.job (
    id uuid PRIMARY KEY,
    enqueue_seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL CHECK (kind IN ('train', 'distill', 'unlearn', 'evaluate')),
    name text CHECK (name ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$'),
    spec jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    -- The canonical JSON of what was asked for; equal requests have equal digests.
    canonical bytea NOT NULL,
    spec_digest bytea NOT NULL CHECK (spec_digest = sha256(canonical)),
    -- [{role, artifact, content, kind}], pinned once, at intake.
    inputs jsonb NOT NULL CHECK (jsonb_typeof(inputs) = 'array'),
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    -- Why the job is in its state; names the event that is sent.
    reason text NOT NULL DEFAULT 'accepted' CHECK (reason IN (
        'accepted', 'started', 'retrying', 'lost', 'released', 'succeeded', 'failed', 'cancelled'
    )),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 9),
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    -- The fencing token: grows with each claim, and every write must carry the current one.
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    lease_owner uuid,
    lease_expires_at timestamptz,
    heartbeat_at timestamptz,
    attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts integer NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 100),
    attempt_started_at timestamptz,
    resumed_step bigint NOT NULL DEFAULT 0 CHECK (resumed_step >= 0),
    step bigint NOT NULL DEFAULT 0 CHECK (step >= 0),
    total_steps bigint CHECK (total_steps > 0),
    failure_class text CHECK (failure_class IN (
        'invalid', 'permanent', 'transient', 'resource', 'diverged', 'lost'
    )),
    failure_message text CHECK (length(failure_message) <= 10000),
    cancel_requested boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT job_lease_iff_running CHECK (
        (state = 'running') = (lease_owner IS NOT NULL)
        AND (state = 'running') = (lease_expires_at IS NOT NULL)
    ),
    CONSTRAINT job_finished_iff_terminal CHECK (
        (state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)
    ),
    CONSTRAINT job_started_before_work CHECK (
        state NOT IN ('running', 'succeeded') OR (started_at IS NOT NULL AND epoch > 0)
    ),
    CONSTRAINT job_failure_has_reason CHECK (
        (failure_class IS NULL) = (failure_message IS NULL)
        AND (state <> 'failed' OR failure_class IS NOT NULL)
        AND (state <> 'succeeded' OR failure_class IS NULL)
    ),
    CONSTRAINT job_attempts_bounded CHECK (attempt <= max_attempts)
) WITH (fillfactor = 70);

-- No index holds a column that a heartbeat changes, so that renewals stay in their page.
CREATE INDEX job_claim ON queue.job (kind, priority DESC, enqueue_seq) WHERE state = 'queued';
CREATE INDEX job_running ON queue.job (id) WHERE state = 'running';

-- Which messages were taken; a message that comes again finds itself here.
CREATE TABLE queue.inbox (
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 1000),
    message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 128),
    job uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, message_id)
);

-- Messages that could not become jobs, as they came.
CREATE TABLE queue.rejection (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL CHECK (length(detail) <= 4000),
    headers jsonb NOT NULL CHECK (jsonb_typeof(headers) = 'object'),
    original bytea,
    original_digest bytea NOT NULL
        GENERATED ALWAYS AS (sha256(coalesce(original, ''::bytea))) STORED,
    rejected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (topic, partition, "offset", original_digest)
);

-- Messages to send, written in the transaction of the change that they tell of.
CREATE TABLE queue.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text,
    headers jsonb NOT NULL CHECK (jsonb_typeof(headers) = 'object'),
    value bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_until timestamptz,
    published_at timestamptz
);
CREATE INDEX outbox_waiting ON queue.outbox (id) WHERE published_at IS NULL;

CREATE TABLE queue.job_transition (
    job uuid NOT NULL REFERENCES queue.job,
    seq integer NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text NOT NULL,
    epoch bigint NOT NULL,
    detail text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, seq)
);

-- Where an attempt can be taken up again.
CREATE TABLE queue.snapshot (
    job uuid NOT NULL REFERENCES queue.job,
    epoch bigint NOT NULL,
    step bigint NOT NULL CHECK (step >= 0),
    content bytea NOT NULL CHECK (length(content) = 32),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, epoch, step)
);

-- Loss and other values along the steps.
CREATE TABLE queue.curve (
    job uuid NOT NULL REFERENCES queue.job,
    epoch bigint NOT NULL,
    step bigint NOT NULL CHECK (step >= 0),
    "values" jsonb NOT NULL CHECK (jsonb_typeof("values") = 'object'),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, epoch, step)
);
