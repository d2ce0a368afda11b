-- Short ways to seal runs without a queue, for tests of the ledger alone.
CREATE SCHEMA story;

-- Seals a run of `kind` with one output. `inputs`: role → name; `edges`: [[input, role]].
CREATE FUNCTION story.seal(
    kind text, name text, inputs jsonb, edges jsonb, spec jsonb DEFAULT '{}',
    metrics jsonb DEFAULT '[]', made text DEFAULT 'checkpoint', content text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    j queue.job;
    -- Fixed, so that a story told twice has the same digests.
    id uuid := md5(kind || name)::uuid;
    hash text := encode(sha256(convert_to(coalesce(content, name), 'UTF8')), 'hex');
    pinned jsonb;
BEGIN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'role', i.role, 'artifact', encode(a.digest, 'hex'),
        'content', encode(a.content_digest, 'hex'), 'kind', a.kind
    )), '[]') INTO pinned
    FROM jsonb_each_text(inputs) i (role, name)
    JOIN lineage.artifact a ON a.seq = lineage.resolve(i.name);
    j := jsonb_populate_record(NULL::queue.job, jsonb_build_object(
        'id', id, 'epoch', 1, 'kind', kind, 'name', name, 'spec', spec, 'inputs', pinned,
        'attempt', 1, 'started_at', clock_timestamp(), 'resumed_step', 0
    ));
    j.spec_digest := sha256(convert_to(spec::text, 'UTF8'));
    RETURN lineage.seal_run(
        j,
        jsonb_build_array(jsonb_build_object(
            'name', 'model', 'kind', made, 'content', hash, 'bytes', 1, 'info', '{}'::jsonb,
            'manifest', '{"content":"' || hash || '","job":"' || id || '","output":"model"}'
        )),
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'output', 'model', 'input', e ->> 0, 'role', e ->> 1
        )), '[]') FROM jsonb_array_elements(edges) e),
        metrics
    );
END $$;

CREATE FUNCTION story.data(name text) RETURNS text
LANGUAGE sql AS $$
    SELECT lineage.register_import(
        convert_to(
            '{"content":"' || encode(sha256(convert_to(name, 'UTF8')), 'hex')
                || '","import":"folder","output":"dataset"}', 'UTF8'
        ),
        sha256(convert_to(name, 'UTF8')), 'dataset', 'dataset', 1, '{}', 'folder', 'CC0', name
    );
$$;

CREATE FUNCTION story.train(name text, data text, base text DEFAULT NULL) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'train', name, jsonb_strip_nulls(jsonb_build_object('dataset', data, 'base', base)),
        CASE WHEN base IS NULL THEN '[["dataset", "dataset"]]'
            ELSE '[["dataset", "dataset"], ["base", "init"]]' END::jsonb,
        '{"method": "diffusion", "seed": 1}'
    );
$$;

CREATE FUNCTION story.distill(
    name text, teacher text, data text, base text DEFAULT NULL
) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'distill', name,
        jsonb_build_object('teacher', teacher, 'dataset', data, 'base', coalesce(base, teacher)),
        '[["teacher", "teacher"], ["base", "init"], ["dataset", "dataset"]]',
        '{"method": "moment_matching"}'
    );
$$;

CREATE FUNCTION story.unlearn(
    name text, original text, request text DEFAULT NULL, anchor text DEFAULT NULL,
    content text DEFAULT NULL, retained text DEFAULT NULL, forget text[] DEFAULT '{star}'
) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'unlearn', name,
        jsonb_strip_nulls(jsonb_build_object(
            'original', original, 'forget_request', request,
            'anchor', coalesce(anchor, original), 'retained', retained
        )),
        '[["original", "init"], ["anchor", "anchor"]]'::jsonb
            || CASE WHEN retained IS NULL THEN '[]' ELSE '[["retained", "retain_set"]]' END::jsonb,
        jsonb_build_object('method', 'saddle', 'forget', forget), '[]', 'checkpoint', content
    );
$$;

-- Trained anew on `data`, as `role`, to stand in for `original`.
CREATE FUNCTION story.retrain(
    name text, original text, data text, request text, role text DEFAULT 'dataset'
) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'unlearn', name,
        jsonb_build_object('original', original, 'data', data, 'forget_request', request),
        jsonb_build_array('["original", "replaces"]'::jsonb, jsonb_build_array('data', role)),
        '{"method": "retrain", "forget": ["star"]}'
    );
$$;

CREATE FUNCTION story.samples(name text, model text) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'evaluate', name, jsonb_build_object('subject', model), '[["subject", "teacher"]]', '{}',
        '[]', 'sample_set'
    );
$$;

-- Measures `subject` against `original`, judged by the checkpoint named judge.
CREATE FUNCTION story.evaluate(
    subject text, original text, forgetting double precision, integrity double precision,
    pairs integer DEFAULT 2000, width double precision DEFAULT 0.01,
    floor double precision DEFAULT 0, ceiling double precision DEFAULT 0.8,
    forget text[] DEFAULT '{star}'
) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'evaluate', 'of-' || subject || '-' || (SELECT count(*) FROM lineage.run),
        jsonb_build_object('subject', subject, 'original', original, 'classifier', 'judge'),
        '[["subject", "eval_subject"], ["original", "reference"], ["classifier", "judge"]]',
        jsonb_build_object(
            'seed', 0, 'samples', 20000, 'pairs', pairs, 'forget', forget,
            'sampler', '{"kind": "ddim"}'::jsonb
        ),
        (
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'name', m.name, 'value', m.value, 'low', m.low, 'high', m.high,
                'subject', 'subject',
                'reference', CASE WHEN m.name LIKE 'integrity%' THEN 'original' END
            )))
            FROM (VALUES
                ('unlearning_accuracy', forgetting, NULL, NULL),
                ('forget_validity', 0.9, NULL, NULL), ('leak_null', 0.01, NULL, NULL),
                ('leak_retained', 0.01, NULL, NULL),
                ('integrity_featdist', integrity * ceiling, NULL, NULL),
                ('integrity_floor', floor, NULL, NULL), ('integrity_ceiling', ceiling, NULL, NULL),
                ('integrity_normalised', integrity, integrity - width, integrity + width)
            ) m (name, value, low, high)
        ),
        'report'
    );
$$;

-- A request that nobody opened, for one item named star that is not a class.
CREATE FUNCTION story.closed_request(name text, scope text, VARIADIC sources text[]) RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
    RETURN lineage.request_forgetting(
        name, scope,
        lineage.merkle_root(lineage.item_codes('{star}', sha256(convert_to(name, 'UTF8')))), 1,
        'subject_request', sources
    );
END $$;

-- A request for the class star, opened under a key made of its name.
CREATE FUNCTION story.request(
    name text, sources text[], due_at timestamptz, items text[] DEFAULT '{star}'
) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    key bytea := sha256(convert_to(name, 'UTF8'));
    codes bytea[] := lineage.item_codes(items, key);
    id uuid;
BEGIN
    id := lineage.request_forgetting(
        name, 'concept', lineage.merkle_root(codes), cardinality(codes), 'subject_request',
        sources, due_at
    );
    PERFORM lineage.open_forgetting(name, key, codes);
    RETURN id;
END $$;

CREATE FUNCTION story.request(name text, VARIADIC sources text[]) RETURNS uuid
LANGUAGE sql AS $$ SELECT story.request(name, sources, NULL::timestamptz); $$;

CREATE FUNCTION story.merge(name text, a text, b text) RETURNS bigint
LANGUAGE sql AS $$
    SELECT story.seal(
        'merge', name, jsonb_build_object('a', a, 'b', b), '[["a", "merge"], ["b", "merge"]]'
    );
$$;

CREATE FUNCTION story.status(name text, request text) RETURNS text
LANGUAGE sql AS $$
    SELECT s.status FROM lineage.requests_status(name) s
    WHERE s.request = status.request;
$$;
