-- Loads what PropertyTests drew into `story.input`: graph g has the artifacts 16 g + 1, … and the
-- request g + 1. Minutes of its nodes count from `story.minute(0)`.
CREATE FUNCTION story.minute(n integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$ SELECT '2026-01-01T00:00Z'::timestamptz + n * interval '1 minute' $$;
SET session_replication_role = replica;

INSERT INTO lineage.run (
    seq, job, epoch, kind, method, spec, spec_digest, attempts, started_at
) OVERRIDING SYSTEM VALUE
SELECT
    16 * (n ->> 'g')::bigint + (n ->> 'k')::bigint + 1, gen_random_uuid(), 1,
    CASE WHEN x IS NULL THEN 'train' ELSE 'unlearn' END, coalesce(x ->> 'm', 'm'), '{}',
    sha256(''), 1, story.minute((n ->> 't')::integer)
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.nodes) n
LEFT JOIN (
    SELECT y AS x FROM story.input j CROSS JOIN LATERAL jsonb_array_elements(j.applied) y
) a ON x ->> 'g' = n ->> 'g' AND x ->> 'k' = n ->> 'k'
WHERE NOT (n ->> 'i')::boolean;

CREATE TABLE story.place AS
WITH RECURSIVE edge AS MATERIALIZED (
    SELECT
        16 * (e ->> 'g')::bigint + (e ->> 'c')::bigint + 1 AS child,
        16 * (e ->> 'g')::bigint + (e ->> 'p')::bigint + 1 AS parent
    FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.edges) e
), node AS MATERIALIZED (
    SELECT 16 * (n ->> 'g')::bigint + (n ->> 'k')::bigint + 1 AS seq
    FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.nodes) n
), root AS (
    SELECT n.seq FROM node n WHERE NOT EXISTS (SELECT FROM edge e WHERE e.child = n.seq)
), walk (seq, root, depth) AS (
    SELECT r.seq, r.seq, 0 FROM root r
    UNION
    SELECT e.child, w.root, w.depth + 1 FROM walk w JOIN edge e ON e.parent = w.seq
)
SELECT seq, max(depth) AS generation, array_agg(DISTINCT root ORDER BY root) AS roots
FROM walk GROUP BY seq;

INSERT INTO lineage.artifact (
    seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born,
    original, weight_root, weight_depth, generation, origin_roots, recorded_at
) OVERRIDING SYSTEM VALUE
SELECT
    p.seq, sha256(m), c.content,
    CASE WHEN (n ->> 'x')::boolean THEN 'dataset' ELSE 'checkpoint' END, 'model', m, 0, '{}',
    CASE WHEN NOT (n ->> 'i')::boolean THEN p.seq END, '3',
    16 * (n ->> 'g')::bigint + (n ->> 'o')::bigint + 1,
    16 * (n ->> 'g')::bigint + (n ->> 'w')::bigint + 1, (n ->> 'd')::integer,
    p.generation, p.roots, story.minute(2 * (n ->> 'k')::integer + 1)
FROM story.input i
CROSS JOIN LATERAL jsonb_array_elements(i.nodes) n
JOIN story.place p ON p.seq = 16 * (n ->> 'g')::bigint + (n ->> 'k')::bigint + 1
CROSS JOIN LATERAL (SELECT sha256(convert_to((n ->> 'g') || ' ' || (n ->> 'c'), 'UTF8')) AS content) c
CROSS JOIN LATERAL convert_to(
    '{"content":"' || encode(c.content, 'hex') || '","seq":' || p.seq || ',"output":"model"}',
    'UTF8'
) m;
INSERT INTO lineage.import (artifact, source)
SELECT a.seq, 'x' FROM lineage.artifact a WHERE a.run IS NULL;
INSERT INTO lineage.content_twin (artifact)
SELECT unnest(array_agg(seq)) FROM lineage.artifact GROUP BY content_digest HAVING count(*) > 1;
INSERT INTO lineage.edge (child, parent, role, run, excludes)
SELECT
    16 * (e ->> 'g')::bigint + (e ->> 'c')::bigint + 1,
    16 * (e ->> 'g')::bigint + (e ->> 'p')::bigint + 1, e ->> 'r',
    16 * (e ->> 'g')::bigint + (e ->> 'c')::bigint + 1,
    CASE WHEN (e ->> 'x')::boolean THEN ARRAY[(e ->> 'g')::bigint + 1] END
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.edges) e;

INSERT INTO lineage.forget_request (
    seq, name, scope, commitment, items, forget_set, basis, policy
) OVERRIDING SYSTEM VALUE
SELECT
    (q ->> 0)::bigint + 1, 'r' || (q ->> 0), 'concept', sha256(''), 1,
    16 * (q ->> 0)::bigint + 16, 'test', 'default'
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.asked) q;
INSERT INTO lineage.exposure_source (request, artifact, found)
SELECT
    (n ->> 'g')::bigint + 1, 16 * (n ->> 'g')::bigint + (n ->> 'k')::bigint + 1, 'declared'
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.nodes) n
WHERE (n ->> 's')::boolean;
INSERT INTO lineage.unlearn_application (run, request, method, forget, params)
SELECT
    16 * (x ->> 'g')::bigint + (x ->> 'k')::bigint + 1, (x ->> 'g')::bigint + 1, x ->> 'm',
    '["star"]', '{}'
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.applied) x;
INSERT INTO lineage.evidence (
    seq, canonical, subject, reference, request, run, evaluator, protocol, protocol_version,
    eval_manifest, sampler_config, metric_models, metrics, floor, ceiling, n, evaluated_at
) OVERRIDING SYSTEM VALUE
SELECT
    s, s::text::bytea, s, a.original, (x ->> 'g')::bigint + 1, s, 1, 'featdist', 1, sha256(''),
    sha256(''), ARRAY[sha256('')], '{}', 0, 1, 2000, now()
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.applied) x
CROSS JOIN LATERAL (SELECT 16 * (x ->> 'g')::bigint + (x ->> 'k')::bigint + 1 AS s) y
JOIN lineage.artifact a ON a.seq = s
WHERE x ->> 'v' IS NOT NULL;
INSERT INTO lineage.evidence (
    seq, canonical, subject, reference, request, run, evaluator, protocol, protocol_version,
    eval_manifest, sampler_config, metric_models, metrics, floor, ceiling, n, evaluated_at
) OVERRIDING SYSTEM VALUE
SELECT
    1000000 + s, ('beside ' || s)::bytea, s, e.parent, (x ->> 'g')::bigint + 1, s, 1, 'featdist',
    1, sha256(''), sha256(''), ARRAY[sha256('')], '{}', 0, 1, 2000, now()
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.applied) x
CROSS JOIN LATERAL (SELECT 16 * (x ->> 'g')::bigint + (x ->> 'k')::bigint + 1 AS s) y
JOIN lineage.edge e ON e.child = s AND e.role = 'init'
WHERE (x ->> 'b')::boolean;
INSERT INTO lineage.verdict (artifact, request, policy, evidence, result)
SELECT s, (x ->> 'g')::bigint + 1, 1, s, x ->> 'v'
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.applied) x
CROSS JOIN LATERAL (SELECT 16 * (x ->> 'g')::bigint + (x ->> 'k')::bigint + 1 AS s) y
WHERE x ->> 'v' IS NOT NULL;
INSERT INTO lineage.deployment_event (artifact, environment, event)
SELECT 16 * (n ->> 'g')::bigint + (n ->> 'k')::bigint + 1, 'lab', 'live'
FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.nodes) n
WHERE (n ->> 'l')::boolean;
INSERT INTO lineage.deployed_ancestor (ancestor, deployed)
WITH RECURSIVE up (deployed, seq) AS (
    SELECT d.artifact, d.artifact FROM lineage.deployment_event d
    UNION
    SELECT up.deployed, e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
    WHERE e.role = ANY (lineage.influences())
)
SELECT up.seq, up.deployed FROM up;

-- Entries of the rows of every twentieth graph, for its proof.
CREATE FUNCTION story.proved(seq bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT (seq - 1) / 16 % 20 = 0 $$;
INSERT INTO lineage.log_entry (stream, n, prev, hash, relation, key, payload)
SELECT
    'x', e.n, zero, sha256(
        zero || int8send(octet_length(e.payload)) || convert_to(e.payload, 'UTF8')
            || int4send(1) || 'x' || int8send(e.n)
    ), e.relation, e.key, e.payload
FROM decode(repeat('00', 32), 'hex') zero
CROSS JOIN (
    SELECT 'artifact', lineage.log_key(t), lineage.log_payload(t), row_number() OVER ()
    FROM lineage.artifact t WHERE story.proved(t.seq)
    UNION ALL
    SELECT 'import', lineage.log_key(t), lineage.log_payload(t), 100000 + row_number() OVER ()
    FROM lineage.import t WHERE story.proved(t.artifact)
    UNION ALL
    SELECT 'edge', lineage.log_key(t), lineage.log_payload(t), 200000 + row_number() OVER ()
    FROM lineage.edge t WHERE story.proved(t.child)
    UNION ALL
    SELECT 'run', lineage.log_key(t), lineage.log_payload(t), 300000 + row_number() OVER ()
    FROM lineage.run t WHERE story.proved(t.seq)
    UNION ALL
    SELECT 'unlearn_application', lineage.log_key(t), lineage.log_payload(t),
        400000 + row_number() OVER ()
    FROM lineage.unlearn_application t WHERE story.proved(t.run)
    UNION ALL
    SELECT 'forget_request', lineage.log_key(t), lineage.log_payload(t),
        500000 + row_number() OVER ()
    FROM lineage.forget_request t WHERE story.proved(16 * (t.seq - 1) + 1)
    UNION ALL
    SELECT 'evidence', lineage.log_key(t), lineage.log_payload(t), 600000 + row_number() OVER ()
    FROM lineage.evidence t WHERE story.proved(t.subject)
    UNION ALL
    SELECT 'verdict', lineage.log_key(t), lineage.log_payload(t), 700000 + row_number() OVER ()
    FROM lineage.verdict t WHERE story.proved(t.artifact)
) e (relation, key, payload, n);

CREATE TABLE story.graph AS
SELECT
    g.number, 16 * g.number AS base, g.number + 1 AS r, 16 * g.number + g.a + 1 AS a,
    16 * g.number + g.b + 1 AS b, encode(x.digest, 'hex') AS a_digest,
    encode(y.digest, 'hex') AS b_digest
FROM (
    SELECT (q ->> 0)::bigint AS number, (q ->> 1)::bigint AS a, (q ->> 2)::bigint AS b
    FROM story.input i CROSS JOIN LATERAL jsonb_array_elements(i.asked) q
) g
JOIN lineage.artifact x ON x.seq = 16 * g.number + g.a + 1
JOIN lineage.artifact y ON y.seq = 16 * g.number + g.b + 1;
SET session_replication_role = origin;
ANALYZE;
