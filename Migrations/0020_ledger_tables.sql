-- The ledger's second half: what was to be forgotten, which run did it, what was measured of it,
-- what follows from that, and where artifacts are in use. Every table only grows.

-- What a run was made with ------------------------------------------------------------------

ALTER TABLE lineage.run DROP CONSTRAINT run_kind_check;
ALTER TABLE lineage.run ADD CONSTRAINT run_kind_check
    CHECK (kind IN ('train', 'distill', 'unlearn', 'evaluate', 'merge'));
ALTER TABLE lineage.run
    ADD COLUMN run_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN code_digest bytea CHECK (length(code_digest) = 32),
    ADD COLUMN environment_digest bytea CHECK (length(environment_digest) = 32),
    ADD COLUMN seed bigint,
    ADD COLUMN deterministic boolean,
    -- The step of the snapshot that the winning attempt went on from; 0 ran from the start.
    ADD COLUMN resumed_from bigint NOT NULL DEFAULT 0 CHECK (resumed_from >= 0);

-- Artifacts and edges -----------------------------------------------------------------------

ALTER TABLE lineage.artifact DROP CONSTRAINT artifact_kind_check;
ALTER TABLE lineage.artifact ADD CONSTRAINT artifact_kind_check CHECK (kind IN (
    'checkpoint', 'adapter', 'dataset', 'sample_set', 'forget_set', 'eval_manifest',
    'metric_model', 'report', 'config', 'code'
));
ALTER TABLE lineage.artifact DROP CONSTRAINT artifact_checkpoint_has_root;
ALTER TABLE lineage.artifact ADD CONSTRAINT artifact_checkpoint_has_root CHECK (
    (kind IN ('checkpoint', 'adapter')) = (weight_root IS NOT NULL)
    AND (kind IN ('checkpoint', 'adapter')) = (weight_depth IS NOT NULL)
);
ALTER TABLE lineage.artifact DROP CONSTRAINT artifact_original_is_older;
ALTER TABLE lineage.artifact ADD CONSTRAINT artifact_original_is_older CHECK (
    original IS NULL OR (original < seq AND kind IN ('checkpoint', 'adapter'))
);
-- The longest way to an artifact without parents, and the set of all of those.
ALTER TABLE lineage.artifact
    ADD COLUMN generation integer,
    ADD COLUMN origin_roots bigint[];

ALTER TABLE lineage.edge DROP CONSTRAINT edge_role_check;
ALTER TABLE lineage.edge ADD CONSTRAINT edge_role_check CHECK (role IN (
    'init', 'merge', 'teacher', 'anchor', 'dataset', 'retain_set', 'forget_set', 'replaces',
    'config', 'code', 'reference', 'eval_subject', 'judge'
));
ALTER TABLE lineage.edge
    ADD COLUMN share double precision CHECK (share > 0 AND share <= 1),
    -- The requests whose items this use of the parent left out, as retained data does.
    ADD COLUMN excludes bigint[] CHECK (cardinality(excludes) > 0);
ALTER TABLE lineage.edge ADD CONSTRAINT edge_excludes_from_data
    CHECK (excludes IS NULL OR role IN ('dataset', 'retain_set'));
CREATE UNIQUE INDEX edge_one_replaced ON lineage.edge (child) WHERE role = 'replaces';

ALTER TABLE lineage.import
    ADD COLUMN revision text CHECK (length(revision) BETWEEN 1 AND 1000),
    ADD COLUMN declared_digest bytea CHECK (length(declared_digest) = 32),
    ADD COLUMN importer text NOT NULL DEFAULT session_user;
ALTER TABLE lineage.alias_event ADD COLUMN actor text NOT NULL DEFAULT session_user;

-- What passes -------------------------------------------------------------------------------

-- Two gates. A request names a line of policies; the newest version of the line is in force.
CREATE TABLE lineage.policy (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$'),
    version integer NOT NULL CHECK (version > 0),
    formula integer NOT NULL DEFAULT 1 CHECK (formula > 0),
    -- Forgetting: share no longer taken for what was forgotten, leaks, validity, attacks.
    forgetting_min double precision NOT NULL CHECK (forgetting_min BETWEEN 0 AND 1),
    leak_max double precision NOT NULL CHECK (leak_max BETWEEN 0 AND 1),
    validity_min double precision NOT NULL CHECK (validity_min BETWEEN 0 AND 1),
    attack_max double precision CHECK (attack_max BETWEEN 0 AND 1),
    -- Integrity: the upper end of the interval of the normalised distance, in all and near.
    integrity_max double precision NOT NULL CHECK (integrity_max BETWEEN 0 AND 1),
    near_max double precision CHECK (near_max BETWEEN 0 AND 1),
    floor_max double precision NOT NULL DEFAULT 0.001 CHECK (floor_max BETWEEN 0 AND 1),
    min_pairs integer NOT NULL DEFAULT 1000 CHECK (min_pairs > 0),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (name, version)
);

-- What is to be forgotten -------------------------------------------------------------------

CREATE TABLE lineage.forget_request (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$'),
    scope text NOT NULL CHECK (scope IN ('sample', 'subject', 'concept', 'style', 'dataset')),
    -- The Merkle root of the items, each hashed under the request's own key.
    commitment bytea NOT NULL CHECK (length(commitment) = 32),
    items integer NOT NULL CHECK (items >= 0),
    forget_set bigint NOT NULL UNIQUE REFERENCES lineage.artifact,
    -- Why it has to be forgotten: who asked, in one word.
    basis text NOT NULL CHECK (basis ~ '^[a-z][a-z0-9_]{0,49}$'),
    policy text NOT NULL DEFAULT 'default',
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz,
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT request_due_after_receipt CHECK (due_at >= received_at)
);

-- A withdrawn or superseded request is open no longer; what it tainted stays on record.
CREATE TABLE lineage.forget_request_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request bigint NOT NULL UNIQUE REFERENCES lineage.forget_request,
    event text NOT NULL CHECK (event IN ('withdrawn', 'superseded')),
    superseded_by bigint REFERENCES lineage.forget_request,
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT request_superseded_by_another CHECK (
        (event = 'superseded') = (superseded_by IS NOT NULL) AND superseded_by <> request
    )
);

-- The items themselves, readable only with a key that is not in this database.
CREATE TABLE lineage.forget_list (
    request bigint PRIMARY KEY REFERENCES lineage.forget_request,
    cipher text NOT NULL CHECK (cipher = 'aes-256-gcm'),
    nonce bytea NOT NULL CHECK (length(nonce) = 12),
    ciphertext bytea NOT NULL CHECK (length(ciphertext) >= 16),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where what is to be forgotten came in.
CREATE TABLE lineage.exposure_source (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request bigint NOT NULL REFERENCES lineage.forget_request,
    artifact bigint NOT NULL REFERENCES lineage.artifact,
    found text NOT NULL CHECK (found IN ('declared', 'searched', 'believed')),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (request, artifact)
);
CREATE INDEX exposure_source_artifact ON lineage.exposure_source (artifact, request);

ALTER TABLE lineage.unlearn_application
    DROP CONSTRAINT unlearn_application_pkey,
    ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ADD COLUMN request bigint REFERENCES lineage.forget_request,
    ADD COLUMN variant text,
    ADD COLUMN params_digest bytea CHECK (
        params_digest = sha256(convert_to(params::text, 'UTF8'))
    ),
    -- Rows from before there were requests have none; new ones must.
    ADD CONSTRAINT application_names_request CHECK (request IS NOT NULL) NOT VALID,
    ADD CONSTRAINT application_once UNIQUE NULLS NOT DISTINCT (run, request);
CREATE INDEX application_request ON lineage.unlearn_application (request, run);

-- What was measured -------------------------------------------------------------------------

-- The programs that measure; one that proves wrong is revoked by an event.
CREATE TABLE lineage.evaluator (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    protocol text NOT NULL CHECK (protocol ~ '^[a-z][a-z0-9_]{0,49}$'),
    version integer NOT NULL CHECK (version > 0),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE lineage.evaluator_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    evaluator bigint NOT NULL REFERENCES lineage.evaluator,
    event text NOT NULL CHECK (event IN ('revoked', 'restored')),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX evaluator_event_evaluator ON lineage.evaluator_event (evaluator, seq DESC);

-- One measurement of a pair: the subject, and what it must still answer like.
CREATE TABLE lineage.evidence (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE GENERATED ALWAYS AS (sha256(canonical)) STORED,
    canonical bytea NOT NULL,
    subject bigint NOT NULL REFERENCES lineage.artifact,
    reference bigint NOT NULL REFERENCES lineage.artifact,
    request bigint REFERENCES lineage.forget_request,
    run bigint NOT NULL REFERENCES lineage.run,
    evaluator bigint NOT NULL REFERENCES lineage.evaluator,
    protocol text NOT NULL,
    protocol_version integer NOT NULL CHECK (protocol_version > 0),
    -- The pairs of condition and seed, and how they were sampled: the same for both sides.
    eval_manifest bytea NOT NULL CHECK (length(eval_manifest) = 32),
    sampler_config bytea NOT NULL CHECK (length(sampler_config) = 32),
    metric_models bytea[] NOT NULL CHECK (cardinality(metric_models) > 0),
    metrics jsonb NOT NULL CHECK (jsonb_typeof(metrics) = 'object'),
    floor double precision NOT NULL CHECK (floor >= 0 AND floor < 'Infinity'),
    ceiling double precision NOT NULL CHECK (ceiling >= 0 AND ceiling < 'Infinity'),
    report bigint REFERENCES lineage.artifact,
    n integer NOT NULL CHECK (n >= 0),
    evaluated_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT evidence_compares_two CHECK (subject <> reference)
);
CREATE INDEX evidence_subject ON lineage.evidence (subject, request, seq DESC);
CREATE INDEX evidence_evaluator ON lineage.evidence (evaluator, seq);

-- A number from 0, bad, to 1, good, that a formula makes of evidence; the raw value beside it.
CREATE TABLE lineage.score (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    evidence bigint NOT NULL REFERENCES lineage.evidence,
    formula integer NOT NULL CHECK (formula > 0),
    name text NOT NULL CHECK (name IN ('integrity_score', 'forget_score')),
    value double precision NOT NULL,
    ci_low double precision NOT NULL,
    ci_high double precision NOT NULL,
    raw double precision NOT NULL CHECK (raw > '-Infinity' AND raw < 'Infinity'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (evidence, formula, name),
    CONSTRAINT score_is_ordered CHECK (
        0 <= ci_low AND ci_low <= value AND value <= ci_high AND ci_high <= 1
    )
);

CREATE TABLE lineage.verdict (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    artifact bigint NOT NULL REFERENCES lineage.artifact,
    request bigint NOT NULL REFERENCES lineage.forget_request,
    policy bigint NOT NULL REFERENCES lineage.policy,
    evidence bigint REFERENCES lineage.evidence,
    result text NOT NULL CHECK (result IN ('pass', 'fail', 'inconclusive', 'withdrawn')),
    -- The gates that did not pass, by their names.
    reasons text[] NOT NULL DEFAULT '{}',
    supersedes bigint UNIQUE REFERENCES lineage.verdict,
    decided_by text NOT NULL DEFAULT session_user,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT verdict_rests_on_evidence CHECK (
        evidence IS NOT NULL OR result IN ('inconclusive', 'withdrawn')
    ),
    CONSTRAINT verdict_supersedes_older CHECK (supersedes < seq)
);
CREATE INDEX verdict_current ON lineage.verdict (artifact, request, seq DESC);
CREATE INDEX verdict_request ON lineage.verdict (request, artifact, seq DESC);
CREATE UNIQUE INDEX verdict_one_first ON lineage.verdict (artifact, request)
WHERE supersedes IS NULL;
CREATE INDEX verdict_evidence ON lineage.verdict (evidence);

-- Where artifacts are in use ----------------------------------------------------------------

CREATE TABLE lineage.deployment_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    artifact bigint NOT NULL REFERENCES lineage.artifact,
    environment text NOT NULL CHECK (environment ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$'),
    event text NOT NULL CHECK (event IN (
        'live', 'drained', 'retired', 'blocked', 'blob_deleted'
    )),
    actor text NOT NULL DEFAULT session_user,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX deployment_event_artifact
ON lineage.deployment_event (artifact, environment, seq DESC);

-- Whether an environment takes only what is clean or cleansed; it does unless this says no.
CREATE TABLE lineage.deployment_gate (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    enabled boolean NOT NULL,
    actor text NOT NULL DEFAULT session_user,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX deployment_gate_environment ON lineage.deployment_gate (environment, seq DESC);

-- What once was live, with all that it carries: made when it first went live.
CREATE TABLE lineage.deployed_ancestor (
    ancestor bigint NOT NULL,
    deployed bigint NOT NULL,
    PRIMARY KEY (ancestor, deployed)
);

-- The artifacts whose bytes another has too.
CREATE TABLE lineage.content_twin (artifact bigint PRIMARY KEY REFERENCES lineage.artifact);
INSERT INTO lineage.content_twin (artifact)
SELECT unnest(array_agg(seq)) FROM lineage.artifact GROUP BY content_digest HAVING count(*) > 1;

-- The only way to say that a row was wrong.
CREATE TABLE lineage.correction (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_table text NOT NULL CHECK (target_table ~ '^(lineage|queue)\.[a-z_]+$'),
    target_key bigint NOT NULL,
    reason text NOT NULL CHECK (reason ~ '^[a-z][a-z0-9_]{0,49}$'),
    replacement bigint CHECK (replacement <> target_key),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX correction_target ON lineage.correction (target_table, target_key);

-- What is there already ---------------------------------------------------------------------

ALTER TABLE lineage.artifact DISABLE TRIGGER only_grows;
DO $$
DECLARE
    a record;
BEGIN
    FOR a IN SELECT seq FROM lineage.artifact ORDER BY seq LOOP
        UPDATE lineage.artifact x SET (generation, origin_roots) = (
            SELECT
                coalesce(max(p.generation) + 1, 0),
                coalesce(
                    (SELECT array_agg(DISTINCT r ORDER BY r)
                     FROM lineage.edge e JOIN lineage.artifact q ON q.seq = e.parent
                     CROSS JOIN unnest(q.origin_roots) r WHERE e.child = a.seq),
                    ARRAY[a.seq]
                )
            FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
            WHERE e.child = a.seq
        ) WHERE x.seq = a.seq;
    END LOOP;
END $$;
ALTER TABLE lineage.artifact ENABLE TRIGGER only_grows;
-- The constraint triggers of the update above must have fired before the table can change.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE lineage.artifact
    ALTER COLUMN generation SET NOT NULL,
    ALTER COLUMN origin_roots SET NOT NULL,
    ADD CONSTRAINT artifact_generation_fits_roots CHECK (
        generation >= 0 AND cardinality(origin_roots) > 0
        AND (generation > 0 OR origin_roots = ARRAY[seq])
    );

DO $$
DECLARE
    grows regclass;
BEGIN
    FOREACH grows IN ARRAY ARRAY[
        'lineage.policy', 'lineage.forget_request', 'lineage.forget_request_event',
        'lineage.forget_list', 'lineage.exposure_source', 'lineage.evaluator',
        'lineage.evaluator_event', 'lineage.evidence', 'lineage.score', 'lineage.verdict',
        'lineage.deployment_event', 'lineage.deployment_gate', 'lineage.correction',
        'lineage.content_twin', 'lineage.deployed_ancestor'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change()',
            grows
        );
    END LOOP;
END $$;

INSERT INTO lineage.policy (
    name, version, forgetting_min, leak_max, validity_min, integrity_max, actor
) VALUES ('default', 1, 0.9, 0.1, 0.5, 0.5, 'palimpsest');

-- The evaluation that this package brings.
INSERT INTO lineage.evaluator (digest, protocol, version, actor)
VALUES (sha256('palimpsest.evaluation.featdist.v1'), 'featdist', 1, 'palimpsest');
