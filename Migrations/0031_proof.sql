-- What leaves the ledger: the entries that prove a checkpoint's derivation, its provenance as one
-- value that every export is written from, and the blobs that the ledger counts on.

-- An artifact with everything that it was made from.
CREATE FUNCTION lineage.closure(artifact bigint, max_rows integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint[];
BEGIN
    WITH RECURSIVE up (seq) AS (
        SELECT closure.artifact
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
    ), cut AS (
        SELECT up.seq FROM up LIMIT max_rows + 1
    )
    SELECT array_agg(cut.seq ORDER BY cut.seq) INTO found FROM cut;
    IF cardinality(found) > max_rows THEN
        RAISE EXCEPTION 'artifact % was made from more than % artifacts', artifact, max_rows
            USING ERRCODE = 'PL073', HINT = 'ask for one of its ancestors';
    END IF;
    RETURN found;
END $$;

-- The entries that tell how `ref` came to be and what was found of it, with the place of each
-- among the leaves; null where no epoch holds it yet.
CREATE FUNCTION lineage.proof_entries(ref text) RETURNS TABLE (
    stream text, n bigint, prev text, payload text, leaf bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
    whole bigint[] := lineage.closure(asked, 2000);
    runs bigint[];
    requests bigint[];
BEGIN
    SELECT array_agg(DISTINCT a.run) INTO runs FROM lineage.artifact a
    WHERE a.seq = ANY (whole) AND a.run IS NOT NULL;
    SELECT array_agg(DISTINCT u.request) INTO requests FROM lineage.unlearn_application u
    WHERE u.run = ANY (runs);
    RETURN QUERY WITH wanted (relation, key) AS (
        SELECT 'artifact', unnest(whole)::text
        UNION ALL SELECT 'import', unnest(whole)::text
        UNION ALL SELECT 'edge', e.child || '/' || e.parent || '/' || e.role
            FROM lineage.edge e WHERE e.child = ANY (whole)
        UNION ALL SELECT 'run', unnest(runs)::text
        UNION ALL SELECT 'unlearn_application', u.seq::text
            FROM lineage.unlearn_application u WHERE u.run = ANY (runs)
        UNION ALL SELECT 'forget_request', unnest(requests)::text
        UNION ALL SELECT 'forget_request_event', v.seq::text
            FROM lineage.forget_request_event v WHERE v.request = ANY (requests)
        UNION ALL SELECT 'evidence', e.seq::text
            FROM lineage.evidence e WHERE e.subject = asked
        UNION ALL SELECT 'evaluator', e.evaluator::text
            FROM lineage.evidence e WHERE e.subject = asked
        UNION ALL SELECT 'score', s.seq::text FROM lineage.score s
            JOIN lineage.evidence e ON e.seq = s.evidence WHERE e.subject = asked
        UNION ALL SELECT 'verdict', v.seq::text
            FROM lineage.verdict v WHERE v.artifact = asked
        UNION ALL SELECT 'policy', v.policy::text
            FROM lineage.verdict v WHERE v.artifact = asked
        UNION ALL SELECT 'metric', m.seq::text
            FROM lineage.metric m WHERE m.subject = asked
    )
    SELECT e.stream::text, e.n, encode(e.prev, 'hex'), e.payload,
        (SELECT r.first_leaf + e.n - r.first_n FROM lineage.log_range r
        WHERE r.stream = e.stream AND r.last_n >= e.n ORDER BY r.last_n LIMIT 1)
    FROM (SELECT DISTINCT w.relation, w.key FROM wanted w) w
    JOIN lineage.log_entry e
        ON e.relation = w.relation COLLATE "C" AND e.key = w.key COLLATE "C"
    ORDER BY e.stream, e.n;
END $$;

-- All of the tree's leaves, in their order, and the newest epoch's envelope.
CREATE FUNCTION lineage.log_leaves() RETURNS TABLE (hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.hash
    FROM lineage.log_range r
    JOIN lineage.log_entry e ON e.stream = r.stream AND e.n BETWEEN r.first_n AND r.last_n
    ORDER BY r.first_leaf, e.n;
$$;

CREATE FUNCTION lineage.log_envelope() RETURNS TABLE (envelope text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.envelope FROM lineage.log_epoch e ORDER BY e.epoch DESC LIMIT 1;
$$;

CREATE FUNCTION lineage.utc(at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
$$;

-- How artifacts came to be, as one value: {subject, artifacts, edges, runs, verdicts, metrics},
-- all in the order of their numbers, so that equal ledgers give equal values.
CREATE FUNCTION lineage.provenance(subject bigint, whole bigint[]) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'subject', (SELECT encode(a.digest, 'hex') FROM lineage.artifact a
            WHERE a.seq = subject),
        'artifacts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'digest', encode(a.digest, 'hex'), 'content', encode(a.content_digest, 'hex'),
                'kind', a.kind, 'output', a.name,
                'name', (SELECT e.name FROM lineage.alias_event e WHERE e.artifact = a.seq
                    ORDER BY e.seq LIMIT 1),
                'bytes', a.bytes, 'info', a.info, 'run', r.run_id, 'source', i.source,
                'licence', i.licence, 'recorded_at', lineage.utc(a.recorded_at)
            ) ORDER BY a.seq), '[]')
            FROM lineage.artifact a
            LEFT JOIN lineage.run r ON r.seq = a.run
            LEFT JOIN lineage.import i ON i.artifact = a.seq
            WHERE a.seq = ANY (whole)),
        'edges', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'child', encode(c.digest, 'hex'), 'parent', encode(p.digest, 'hex'),
                'role', e.role
            ) ORDER BY c.seq, e.role, p.seq), '[]')
            FROM lineage.edge e
            JOIN lineage.artifact c ON c.seq = e.child
            JOIN lineage.artifact p ON p.seq = e.parent
            WHERE e.child = ANY (whole)),
        'runs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'run', r.run_id, 'job', r.job, 'kind', r.kind, 'method', r.method,
                'spec', r.spec, 'spec_digest', encode(r.spec_digest, 'hex'), 'seed', r.seed,
                'code', encode(r.code_digest, 'hex'),
                'environment', encode(r.environment_digest, 'hex'),
                'started_at', lineage.utc(r.started_at), 'sealed_at', lineage.utc(r.sealed_at),
                'applications', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'request', q.id, 'commitment', encode(q.commitment, 'hex'),
                        'method', u.method, 'params_digest', encode(u.params_digest, 'hex'),
                        'applied_at', lineage.utc(u.applied_at)
                    ) ORDER BY u.seq), '[]')
                    FROM lineage.unlearn_application u
                    LEFT JOIN lineage.forget_request q ON q.seq = u.request
                    WHERE u.run = r.seq)
            ) ORDER BY r.seq), '[]')
            FROM lineage.run r
            WHERE r.seq IN (SELECT a.run FROM lineage.artifact a WHERE a.seq = ANY (whole))),
        'verdicts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'request', q.id, 'result', v.result, 'policy', p.name, 'version', p.version,
                'evidence', encode(e.digest, 'hex'), 'decided_at', lineage.utc(v.decided_at)
            ) ORDER BY v.seq), '[]')
            FROM lineage.verdict v
            JOIN lineage.forget_request q ON q.seq = v.request
            JOIN lineage.policy p ON p.seq = v.policy
            LEFT JOIN lineage.evidence e ON e.seq = v.evidence
            WHERE v.artifact = subject AND NOT EXISTS (
                SELECT FROM lineage.verdict l WHERE l.supersedes = v.seq
            )),
        'metrics', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'name', m.name, 'value', m.value, 'low', m.low, 'high', m.high,
                'reference', encode(o.digest, 'hex')
            ) ORDER BY m.seq), '[]')
            FROM lineage.metric m
            LEFT JOIN lineage.artifact o ON o.seq = m.reference
            WHERE m.subject = provenance.subject)
    );
$$;

CREATE FUNCTION lineage.provenance(ref text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN lineage.provenance(asked, lineage.closure(asked, 2000));
END $$;

-- The content digests that artifacts and unfinished jobs count on.
CREATE FUNCTION lineage.contents() RETURNS TABLE (content text, owner text, deleted boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(a.content_digest, 'hex'), a.kind || ' ' || encode(a.digest, 'hex'), EXISTS (
        SELECT FROM lineage.deployment_event d
        WHERE d.artifact = a.seq AND d.event = 'blob_deleted'
    )
    FROM lineage.artifact a
    WHERE a.kind <> 'forget_set'
    UNION ALL
    SELECT encode(s.content, 'hex'), 'snapshot of job ' || s.job, false
    FROM queue.snapshot s
    JOIN queue.job j ON j.id = s.job AND j.state IN ('queued', 'running');
$$;

-- OpenLineage --------------------------------------------------------------------------------

-- The event of a sealed run (OpenLineage 2-0-2): datasets are named by their digests, so that no
-- catalogue merges versions, and each output tells its own parents, since inputs × outputs would
-- invent edges.
CREATE FUNCTION lineage.openlineage(run bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (
        SELECT a.* FROM lineage.artifact a WHERE a.run = openlineage.run
    ), used AS (
        SELECT p.seq, p.digest, array_agg(DISTINCT e.role ORDER BY e.role) AS roles
        FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
        WHERE e.run = openlineage.run GROUP BY p.seq
    ), facet AS (
        SELECT jsonb_build_object('_producer', 'urn:palimpsest:ledger:v1') AS base
    )
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'eventTime', lineage.utc(r.sealed_at), 'eventType', 'COMPLETE',
        'producer', 'urn:palimpsest:ledger:v1',
        'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
        'job', jsonb_build_object('namespace', 'palimpsest', 'name', r.kind || '.' || r.method),
        'run', jsonb_build_object('runId', r.run_id, 'facets', jsonb_build_object(
            'palimpsest_run', facet.base || jsonb_build_object(
                '_schemaURL', 'urn:palimpsest:openlineage:run:v1',
                'job', r.job, 'epoch', r.epoch, 'specDigest', encode(r.spec_digest, 'hex')
            ),
            'palimpsest_unlearning', (
                SELECT facet.base || jsonb_build_object(
                    '_schemaURL', 'urn:palimpsest:openlineage:unlearning:v1',
                    'method', min(u.method), 'requests', jsonb_agg(jsonb_build_object(
                        'request', q.id, 'commitment', encode(q.commitment, 'hex'),
                        'appliedAt', lineage.utc(u.applied_at)
                    ) ORDER BY u.seq)
                )
                FROM lineage.unlearn_application u
                LEFT JOIN lineage.forget_request q ON q.seq = u.request
                WHERE u.run = r.seq HAVING count(*) > 0
            )
        )),
        'inputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'namespace', 'sha256', 'name', encode(u.digest, 'hex'),
            'inputFacets', jsonb_build_object('palimpsest_lineageRole', facet.base
                || jsonb_build_object(
                    '_schemaURL', 'urn:palimpsest:openlineage:role:v1', 'roles', u.roles
                ))
        ) ORDER BY u.seq), '[]') FROM used u),
        'outputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'namespace', 'sha256', 'name', encode(m.digest, 'hex'),
            'outputFacets', jsonb_build_object('palimpsest_parents', facet.base
                || jsonb_build_object(
                    '_schemaURL', 'urn:palimpsest:openlineage:parents:v1', 'kind', m.kind,
                    'parents', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'name', encode(p.digest, 'hex'), 'role', e.role
                    ) ORDER BY p.seq, e.role), '[]')
                    FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                    WHERE e.child = m.seq)
                ))
        ) ORDER BY m.seq), '[]') FROM made m)
    ))
    FROM lineage.run r CROSS JOIN facet WHERE r.seq = openlineage.run;
$$;

-- The event of the run that made an artifact; none for an import.
CREATE FUNCTION lineage.openlineage(ref text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT lineage.openlineage(a.run) FROM lineage.artifact a
        WHERE a.seq = lineage.resolve(ref)
    );
END $$;

-- Sends the event with the seal, at commit, when all outputs and edges are there.
CREATE FUNCTION lineage.tell_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', new.run_id::text,
        jsonb_build_object(
            'ce_specversion', '1.0', 'ce_id', 'openlineage/' || new.run_id,
            'ce_source', '/palimpsest/lineage', 'ce_type', 'io.openlineage.RunEvent',
            'ce_subject', new.run_id, 'ce_time', lineage.utc(new.sealed_at),
            'content-type', 'application/json'
        ),
        convert_to(lineage.openlineage(new.seq)::text, 'UTF8')
    );
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER tell_run AFTER INSERT ON lineage.run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lineage.tell_run();

REVOKE ALL ON FUNCTION
    lineage.closure, lineage.proof_entries, lineage.log_leaves, lineage.log_envelope, lineage.utc,
    lineage.provenance(bigint, bigint[]), lineage.provenance(text), lineage.contents,
    lineage.openlineage(bigint), lineage.openlineage(text), lineage.tell_run
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    lineage.proof_entries, lineage.log_leaves, lineage.log_envelope, lineage.provenance(text),
    lineage.contents, lineage.openlineage(text)
TO palimpsest_reader, palimpsest_auditor;
-- Who verifies the log reads every row that it covers.
GRANT SELECT ON ALL TABLES IN SCHEMA lineage TO palimpsest_auditor;
