-- On top of story.sql: a job of each kind, held in epoch 1; a request that nobody opened; a tenant;
-- and a role that was given every right there is, by mistake.
SELECT lineage.request_forgetting(
    'closed', 'concept', lineage.merkle_root(codes), 1, 'subject_request', '{}'
) FROM lineage.item_codes('{moon}', sha256('closed')) codes;
SELECT lineage.add_tenant('house');
INSERT INTO lineage.tenant_login (login, tenant) VALUES ('guest', 1);

CREATE FUNCTION story.job(kind text) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5('the job to ' || kind)::uuid; $$;

-- An input pinned as at intake.
CREATE FUNCTION story.pin(role text, name text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT jsonb_build_object(
        'role', pin.role, 'artifact', encode(a.digest, 'hex'),
        'content', encode(a.content_digest, 'hex'), 'kind', a.kind
    ) FROM lineage.artifact a WHERE a.seq = lineage.resolve(pin.name);
$$;

-- What queue.complete takes: outputs of the job to do `kind`, and [[input, role], …] of the first.
CREATE FUNCTION story.outputs(kind text, VARIADIC names text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_agg(jsonb_build_object(
        'name', n.name, 'kind', 'checkpoint', 'content', c.hex, 'bytes', 1, 'info', '{}'::jsonb,
        'manifest', '{"content":"' || c.hex || '","job":"' || story.job(kind) || '","output":"'
            || n.name || '"}'
    ) ORDER BY n.i)
    FROM unnest(names) WITH ORDINALITY n (name, i)
    CROSS JOIN LATERAL encode(sha256(convert_to(n.name || n.i, 'UTF8')), 'hex') c (hex);
$$;
CREATE FUNCTION story.edges(pairs jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'output', 'model', 'input', p ->> 0, 'role', p ->> 1
    )), '[]') FROM jsonb_array_elements(pairs) p;
$$;

CREATE FUNCTION story.hold(kind text, spec jsonb, VARIADIC inputs jsonb[]) RETURNS void
LANGUAGE sql AS $$
    SELECT queue.submit(
        'story', kind, story.job(kind), convert_to(spec::text, 'UTF8'),
        jsonb_build_object('kind', kind, 'spec', spec, 'inputs', to_jsonb(inputs))
    );
    SELECT FROM queue.claim(ARRAY[kind], gen_random_uuid(), 3600);
$$;
SELECT story.hold('train', '{"method": "diffusion"}', story.pin('dataset', 'clean'));
SELECT story.hold(
    'distill', '{}', story.pin('teacher', 'teacher'), story.pin('dataset', 'clean')
);
SELECT story.hold(
    'unlearn', '{"method": "saddle", "forget": ["star"]}', story.pin('original', 'teacher'),
    story.pin('forget_request', 'wish'), story.pin('other', 'judge')
);
SELECT story.hold(
    'evaluate', '{}', story.pin('subject', 'forgetful'), story.pin('classifier', 'judge')
);

GRANT USAGE ON SCHEMA story TO PUBLIC;
DO $$
DECLARE
    clerk text := 'clerk_' || current_database();
BEGIN
    EXECUTE format('CREATE ROLE %I BYPASSRLS IN ROLE palimpsest_worker', clerk);
    EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA lineage, queue TO %I', clerk);
    EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA lineage, queue TO %I', clerk);
    EXECUTE format('GRANT ALL ON ALL FUNCTIONS IN SCHEMA lineage, queue TO %I', clerk);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint), '
            'pg_advisory_xact_lock_shared(bigint) TO %I', clerk
    );
END $$;
