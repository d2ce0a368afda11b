-- Graph A: `bench.size` artifacts over 200 bases, 1.25 edges each, of which base 1 leads a third;
-- 20,000 (`bench.live`) are live and 50 requests are open. `bench.base` is the share of artifacts that
-- come from a base directly, `bench.second` that with a second parent; `bench.age` below one makes
-- parents younger and ways longer. At a million, A has 13 ancestors each (p99 108) and ways of at most
-- 36 steps; B 8,400 (p99 26,000) and 111. Loaded as a restore would load it, without triggers.
SET session_replication_role = replica;
SET work_mem = '256MB';
SELECT setseed(0.25);

-- Every node has a parent; one in four has a second. Three in ten come from a base directly, and
-- of those a third from the first base.
CREATE TEMP TABLE link AS
SELECT i AS child, CASE
    WHEN random() < current_setting('bench.base')::double precision THEN 1 + floor(200 * power(random(), 3))::bigint
    ELSE 1 + floor((i - 1) * power(random(), current_setting('bench.age')::double precision))::bigint
END AS parent, 'init' AS role
FROM generate_series(201, current_setting('bench.size')::bigint) i;
INSERT INTO link
SELECT DISTINCT ON (l.child)
    l.child, 1 + floor(
        (l.child - 1) * power(random(), current_setting('bench.age')::double precision)
    )::bigint, 'teacher'
FROM link l WHERE random() < current_setting('bench.second')::double precision;
CREATE INDEX ON link (child);
ANALYZE link;

-- Longest way and set of origins, level after level.
CREATE TEMP TABLE place (seq bigint PRIMARY KEY, generation integer, roots bigint[]);
DO $$
DECLARE
    size bigint := current_setting('bench.size')::bigint;
    level integer[] := array_fill(0, ARRAY[size::integer]);
    l record;
BEGIN
    FOR l IN SELECT child, max(parent) AS a, min(parent) AS b FROM link GROUP BY child
        ORDER BY child
    LOOP
        level[l.child] := 1 + greatest(level[l.a], level[l.b]);
    END LOOP;
    INSERT INTO place (seq, generation, roots)
    SELECT o, g, CASE WHEN g = 0 THEN ARRAY[o] END FROM unnest(level) WITH ORDINALITY x (g, o);
END $$;
CREATE INDEX ON place (generation);
ANALYZE place;
DO $$
BEGIN
    FOR g IN 1 .. (SELECT max(generation) FROM place) LOOP
        UPDATE place p SET roots = r.roots FROM (
            SELECT l.child, array_agg(DISTINCT x ORDER BY x) AS roots
            FROM place c JOIN link l ON l.child = c.seq JOIN place q ON q.seq = l.parent
            CROSS JOIN unnest(q.roots) x
            WHERE c.generation = g
            GROUP BY l.child
        ) r WHERE p.seq = r.child;
    END LOOP;
END $$;

-- The way of the weights, its root and the first unlearning on it.
CREATE TEMP TABLE weights (seq bigint PRIMARY KEY, root bigint, depth integer, original bigint);
DO $$
DECLARE
    size integer := current_setting('bench.size')::integer;
    root integer[] := array_fill(0, ARRAY[size]);
    depth integer[] := array_fill(0, ARRAY[size]);
    original integer[] := array_fill(0, ARRAY[size]);
    l record;
BEGIN
    FOR i IN 1..200 LOOP root[i] := i; END LOOP;
    FOR l IN SELECT child, parent FROM link WHERE role = 'init' ORDER BY child LOOP
        root[l.child] := root[l.parent];
        depth[l.child] := depth[l.parent] + 1;
        original[l.child] := CASE
            WHEN original[l.parent] > 0 THEN original[l.parent]
            WHEN l.child % 50 = 0 THEN l.parent ELSE 0
        END;
    END LOOP;
    INSERT INTO weights
    SELECT o, r, d, nullif(f, 0) FROM unnest(root, depth, original) WITH ORDINALITY x (r, d, f, o);
END $$;

INSERT INTO lineage.run (
    seq, job, epoch, kind, method, spec, spec_digest, attempts, started_at, run_id
) OVERRIDING SYSTEM VALUE
SELECT i, gen_random_uuid(), 1, k.kind, k.method, '{}', sha256(''), 1, now(), gen_random_uuid()
FROM generate_series(201, current_setting('bench.size')::bigint) i
CROSS JOIN LATERAL (
    SELECT CASE WHEN i % 50 = 0 THEN 'unlearn' ELSE 'distill' END AS kind,
        CASE WHEN i % 50 = 0 THEN 'saddle' ELSE 'moment_matching' END AS method
) k;
INSERT INTO lineage.artifact (
    seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born, original,
    weight_root, weight_depth, recorded_at, generation, origin_roots
) OVERRIDING SYSTEM VALUE
SELECT
    p.seq, sha256(m), c.content, 'checkpoint', 'model', m, 0, '{}',
    CASE WHEN p.seq > 200 THEN p.seq END, '3', w.original, w.root, w.depth, now(),
    p.generation, p.roots
FROM place p
JOIN weights w USING (seq)
CROSS JOIN LATERAL (SELECT sha256(p.seq::text::bytea) AS content) c
CROSS JOIN LATERAL convert_to(
    '{"content":"' || encode(c.content, 'hex') || '","output":"model"}', 'UTF8'
) m
ORDER BY p.seq;
INSERT INTO lineage.import (artifact, source, licence)
SELECT i, 'base ' || i, 'apache-2.0' FROM generate_series(1, 200) i;
INSERT INTO lineage.edge (child, parent, role, run)
SELECT child, parent, role, child FROM link ORDER BY child;
SELECT setval('lineage.artifact_seq_seq', current_setting('bench.size')::bigint);
SELECT setval('lineage.run_seq_seq', current_setting('bench.size')::bigint);
INSERT INTO lineage.alias_event (name, artifact)
SELECT 'model-' || i, i FROM generate_series(1, current_setting('bench.size')::bigint, 10) i;

-- Fifty requests over bases and over early models.
SET session_replication_role = origin;
SELECT count(lineage.request_forgetting(
    'wish-' || i, 'concept', sha256(('wish' || i)::bytea), 1, 'bench',
    ARRAY['model-' || (CASE WHEN i <= 10 THEN (i - 1) * 10 + 1 ELSE i * 97 / 10 * 10 + 1 END)]
)) FROM generate_series(1, 50) i;
SET session_replication_role = replica;
INSERT INTO lineage.unlearn_application (run, request, method, forget, params)
SELECT a.seq, 1 + a.seq / 50 % 50, 'saddle', '["star"]', '{}'
FROM lineage.artifact a WHERE a.seq % 50 = 0 AND a.seq > 200 AND a.kind = 'checkpoint';

-- What is live, with what it carries.
INSERT INTO lineage.deployment_event (artifact, environment, event)
SELECT i, 'production', 'live'
FROM generate_series(
    201, current_setting('bench.size')::bigint,
    greatest(1, current_setting('bench.size')::bigint / current_setting('bench.live')::bigint)
) i;
INSERT INTO lineage.deployed_ancestor (ancestor, deployed)
WITH RECURSIVE up (deployed, seq) AS (
    SELECT d.artifact, d.artifact FROM lineage.deployment_event d
    UNION
    SELECT up.deployed, e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
)
SELECT up.seq, up.deployed FROM up;
SET session_replication_role = origin;
ANALYZE lineage.artifact, lineage.edge, lineage.run, lineage.alias_event,
    lineage.deployed_ancestor, lineage.deployment_event, lineage.unlearn_application;
