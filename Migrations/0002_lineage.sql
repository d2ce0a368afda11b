-- The ledger: which artifact came from which, by which run, and what was measured.
CREATE SCHEMA lineage;

CREATE TABLE lineage.run (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job uuid NOT NULL UNIQUE,
    epoch bigint NOT NULL CHECK (epoch > 0),
    kind text NOT NULL CHECK (kind IN ('train', 'distill', 'unlearn', 'evaluate')),
    method text NOT NULL,
    spec jsonb NOT NULL,
    spec_digest bytea NOT NULL CHECK (length(spec_digest) = 32),
    attempts integer NOT NULL CHECK (attempts > 0),
    started_at timestamptz NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE lineage.artifact (
    seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    content_digest bytea NOT NULL CHECK (length(content_digest) = 32),
    kind text NOT NULL CHECK (kind IN ('checkpoint', 'dataset', 'sample_set', 'report')),
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    manifest_canonical bytea NOT NULL,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    info jsonb NOT NULL CHECK (jsonb_typeof(info) = 'object'),
    run bigint REFERENCES lineage.run,
    born xid8 NOT NULL,
    -- Set at birth, since ancestry never changes: the last checkpoint before the first unlearning
    -- on the way of the weights; the first checkpoint of that way; the steps between.
    original bigint REFERENCES lineage.artifact,
    weight_root bigint REFERENCES lineage.artifact,
    weight_depth integer,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT artifact_digest_of_manifest CHECK (digest = sha256(manifest_canonical)),
    CONSTRAINT artifact_manifest_names_content CHECK (
        convert_from(manifest_canonical, 'UTF8')::jsonb ->> 'content'
            = encode(content_digest, 'hex')
    ),
    CONSTRAINT artifact_manifest_names_output CHECK (
        convert_from(manifest_canonical, 'UTF8')::jsonb ->> 'output' = name
    ),
    CONSTRAINT artifact_checkpoint_has_root CHECK (
        (kind = 'checkpoint') = (weight_root IS NOT NULL)
        AND (kind = 'checkpoint') = (weight_depth IS NOT NULL)
    ),
    CONSTRAINT artifact_root_is_older CHECK (
        weight_root <= seq AND (weight_root = seq) = (weight_depth = 0) AND weight_depth >= 0
    ),
    CONSTRAINT artifact_original_is_older CHECK (
        original IS NULL OR (original < seq AND kind = 'checkpoint')
    ),
    UNIQUE (run, name),
    UNIQUE (seq, run)
);
CREATE INDEX artifact_content ON lineage.artifact (content_digest);
CREATE INDEX artifact_original ON lineage.artifact (original, seq);
CREATE INDEX artifact_weight_root ON lineage.artifact (weight_root, seq);

CREATE TABLE lineage.import (
    artifact bigint PRIMARY KEY REFERENCES lineage.artifact,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 1000),
    licence text,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE lineage.edge (
    child bigint NOT NULL,
    parent bigint NOT NULL REFERENCES lineage.artifact,
    role text NOT NULL CHECK (role IN (
        'init', 'teacher', 'anchor', 'dataset', 'retain_set', 'forget_set',
        'eval_subject', 'reference', 'judge'
    )),
    run bigint NOT NULL REFERENCES lineage.run,
    PRIMARY KEY (child, parent, role),
    -- Numbers grow with time, so no circle can close.
    CONSTRAINT edge_parent_is_older CHECK (parent < child),
    CONSTRAINT edge_run_made_child FOREIGN KEY (child, run) REFERENCES lineage.artifact (seq, run)
);
CREATE INDEX edge_parent ON lineage.edge (parent, child) INCLUDE (role);
CREATE UNIQUE INDEX edge_one_init ON lineage.edge (child) WHERE role = 'init';

CREATE TABLE lineage.unlearn_application (
    run bigint PRIMARY KEY REFERENCES lineage.run,
    method text NOT NULL,
    forget jsonb NOT NULL
        CHECK (jsonb_typeof(forget) = 'array' AND jsonb_array_length(forget) > 0),
    params jsonb NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE lineage.metric (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject bigint NOT NULL REFERENCES lineage.artifact,
    reference bigint REFERENCES lineage.artifact,
    run bigint NOT NULL REFERENCES lineage.run,
    name text NOT NULL CHECK (name ~ '^[A-Za-z][A-Za-z0-9_.:-]{0,99}$' AND name <> 'integrity'),
    value double precision NOT NULL,
    low double precision,
    high double precision,
    info jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(info) = 'object'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT metric_is_finite CHECK (
        value > '-Infinity' AND value < 'Infinity'
        AND low > '-Infinity' AND low < 'Infinity'
        AND high > '-Infinity' AND high < 'Infinity'
    ),
    CONSTRAINT metric_interval CHECK ((low IS NULL) = (high IS NULL) AND low <= high),
    -- Integrity compares with an original, or says nothing.
    CONSTRAINT metric_integrity_has_reference CHECK (
        reference IS NOT NULL OR name NOT LIKE 'integrity%'
    ),
    UNIQUE (run, subject, name)
);
CREATE INDEX metric_subject ON lineage.metric (subject, name, seq DESC);

CREATE TABLE lineage.alias_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (
        name ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$' AND name !~ '^[0-9a-fA-F]{12,}$'
    ),
    artifact bigint NOT NULL REFERENCES lineage.artifact,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alias_event_name ON lineage.alias_event (name, seq DESC);
CREATE INDEX alias_event_artifact ON lineage.alias_event (artifact);
