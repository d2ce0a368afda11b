-- Graphs that break those who carry paths: a ladder of 500 layers, a chain of 50,000, a fan of
-- 100,000 and an artifact with 1,000 parents. Loaded without triggers; each has a name and a seed.
SET session_replication_role = replica;
CREATE TABLE story.bulk (child bigint, parent bigint);
INSERT INTO story.bulk
SELECT 100000 + 2 * l + i, 100000 + 2 * (l - 1) + j
FROM generate_series(1, 499) l, generate_series(0, 1) i, generate_series(0, 1) j;
INSERT INTO story.bulk SELECT 200000 + i, 200000 + i - 1 FROM generate_series(1, 49999) i;
INSERT INTO story.bulk SELECT 300000 + i, 300000 FROM generate_series(1, 100000) i;
INSERT INTO story.bulk SELECT 500000 + 1000, 500000 + i FROM generate_series(0, 999) i;

INSERT INTO lineage.run (
    seq, job, epoch, kind, method, spec, spec_digest, attempts, started_at
) OVERRIDING SYSTEM VALUE
SELECT n.seq, gen_random_uuid(), 1, 'distill', 'bulk', '{}', sha256(''), 1, now()
FROM (SELECT DISTINCT child FROM story.bulk) n (seq);
INSERT INTO lineage.artifact (
    seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born,
    weight_root, weight_depth, generation, origin_roots
) OVERRIDING SYSTEM VALUE
SELECT
    n.seq, sha256(m), c.content, 'checkpoint', 'model', m, 0, '{}',
    CASE WHEN g.depth > 0 THEN n.seq END, '3', g.root, g.depth, g.depth,
    CASE WHEN n.seq = 501000 THEN ARRAY(SELECT generate_series(500000, 500999))
        WHEN n.seq BETWEEN 100002 AND 199999 THEN ARRAY[100000, 100001]
        ELSE ARRAY[g.root] END
FROM (SELECT child FROM story.bulk UNION SELECT parent FROM story.bulk) n (seq)
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN n.seq < 200000 THEN (n.seq - 100000) / 2 WHEN n.seq < 300000 THEN n.seq - 200000
            WHEN n.seq < 500000 THEN (n.seq > 300000)::integer
            ELSE (n.seq = 501000)::integer
        END AS depth,
        CASE
            WHEN n.seq < 200000 THEN 100000 + n.seq % 2 WHEN n.seq < 300000 THEN 200000
            WHEN n.seq < 500000 THEN 300000 WHEN n.seq = 501000 THEN 500000 ELSE n.seq
        END AS root
) g
CROSS JOIN LATERAL (SELECT sha256(convert_to(n.seq::text, 'UTF8')) AS content) c
CROSS JOIN LATERAL convert_to(
    '{"content":"' || encode(c.content, 'hex') || '","output":"model"}', 'UTF8'
) m;
INSERT INTO lineage.edge (child, parent, role, run)
SELECT child, parent, CASE WHEN child = 501000 OR child < 200000 THEN 'teacher' ELSE 'init' END,
    child
FROM story.bulk;
INSERT INTO lineage.alias_event (name, artifact) VALUES
    ('ladder-top', 100999), ('ladder-foot', 100000), ('chain-end', 249999),
    ('chain-start', 200000), ('fan', 300000), ('fan-leaf', 300001), ('child-of-many', 501000),
    ('one-of-many', 500000);
INSERT INTO lineage.forget_request (
    name, scope, commitment, items, forget_set, basis, policy
)
SELECT r, 'concept', sha256(''), 1, 900000 + row_number() OVER (), 'test', 'default'
FROM unnest(ARRAY['of-ladder', 'of-chain', 'of-fan', 'of-many']) r;
INSERT INTO lineage.exposure_source (request, artifact, found)
SELECT q.seq, a.artifact, 'declared'
FROM (VALUES ('of-ladder', 'ladder-foot'), ('of-chain', 'chain-start'), ('of-fan', 'fan'),
    ('of-many', 'one-of-many')) x (request, name)
JOIN lineage.forget_request q ON q.name = x.request
JOIN lineage.alias a ON a.name = x.name;
SET session_replication_role = origin;
ANALYZE lineage.artifact, lineage.edge;
