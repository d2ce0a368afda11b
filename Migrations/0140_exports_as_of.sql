-- What exports are written from, as it was known at a time. Names, verdicts and statuses change, so
-- an export is a function of the ledger, that time and the exporter's version; and whoever gets a
-- model with its card should read there which requests it carries.

DROP FUNCTION lineage.provenance(text);
DROP FUNCTION lineage.provenance(bigint, bigint[]);

-- How artifacts came to be: {artifacts, edges, runs}, in the order of their numbers, so that equal
-- ledgers give equal values. Only the names change, and what was a name at `as_of` is.
CREATE FUNCTION lineage.history(whole bigint[], as_of timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'artifacts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'digest', encode(a.digest, 'hex'), 'content', encode(a.content_digest, 'hex'),
                'kind', a.kind, 'output', a.name,
                'name', (
                    SELECT e.name FROM lineage.alias_event e
                    WHERE e.artifact = a.seq AND e.at <= as_of AND NOT EXISTS (
                        SELECT FROM lineage.alias_event l
                        WHERE l.name = e.name AND l.seq > e.seq AND l.at <= as_of
                    )
                    ORDER BY e.seq LIMIT 1
                ),
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
            WHERE r.seq IN (SELECT a.run FROM lineage.artifact a WHERE a.seq = ANY (whole)))
    );
$$;

-- What the run that made an artifact stood on, as far as its worker said so. The class of device is
-- known where all workers of these bytes that had started by then offered the same.
CREATE FUNCTION lineage.made_with(artifact bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'deterministic', r.deterministic,
        'device_class', (
            SELECT min(w.offer ->> 'device_class') FROM queue.worker w
            WHERE w.kind = r.kind AND w.code_digest = r.code_digest
                AND w.environment_digest = r.environment_digest AND w.started_at <= r.sealed_at
            HAVING count(DISTINCT w.offer ->> 'device_class') = 1
        ),
        'environment', (
            SELECT w.environment::jsonb FROM queue.worker w
            WHERE w.environment_digest = r.environment_digest
            LIMIT 1
        )
    )
    FROM lineage.artifact a JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq = made_with.artifact;
$$;

-- What was known of `subject` at `as_of`: the status of every request, the verdicts on it and on its
-- ancestors, its metrics and the reports of its evaluations, and the newest signed epoch that has its
-- entry.
CREATE FUNCTION lineage.findings(
    subject bigint, whole bigint[], as_of timestamptz
) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH asked AS (
        SELECT encode(a.digest, 'hex') AS digest FROM lineage.artifact a
        WHERE a.seq = findings.subject
    ), status AS MATERIALIZED (
        SELECT s.*, q.id, q.seq FROM asked
        CROSS JOIN LATERAL lineage.requests_status(asked.digest, as_of) s
        JOIN lineage.forget_request q ON q.name = s.request
    )
    SELECT jsonb_build_object(
        'subject', (SELECT digest FROM asked),
        'as_of', CASE WHEN as_of < 'infinity' THEN lineage.utc(as_of) END,
        'requests', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'name', s.request, 'status', s.status, 'witness', s.witness,
                'received_at', lineage.utc(s.received_at), 'due_at', lineage.utc(s.due_at)
            ) ORDER BY s.seq), '[]') FROM status s),
        'more_requests', (SELECT coalesce(bool_or(s.truncated), false) FROM status s),
        'verdicts', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'artifact', encode(a.digest, 'hex'), 'request', q.id, 'result', v.result,
                'policy', p.name, 'version', p.version, 'evidence', encode(e.digest, 'hex'),
                'decided_at', lineage.utc(v.decided_at),
                'status', lineage.status(a.seq, q.seq, as_of)
            ) ORDER BY v.seq), '[]')
            FROM lineage.verdict v
            JOIN lineage.artifact a ON a.seq = v.artifact
            JOIN lineage.forget_request q ON q.seq = v.request
            JOIN lineage.policy p ON p.seq = v.policy
            LEFT JOIN lineage.evidence e ON e.seq = v.evidence
            WHERE v.artifact = ANY (whole) AND v.decided_at <= as_of AND NOT EXISTS (
                SELECT FROM lineage.verdict l WHERE l.supersedes = v.seq AND l.decided_at <= as_of
            )),
        'metrics', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'name', m.name, 'value', m.value, 'low', m.low, 'high', m.high,
                'reference', encode(o.digest, 'hex')
            ) ORDER BY m.seq), '[]')
            FROM lineage.metric m
            LEFT JOIN lineage.artifact o ON o.seq = m.reference
            WHERE m.subject = findings.subject AND m.recorded_at <= as_of),
        'reports', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'digest', encode(a.digest, 'hex'), 'output', a.name, 'run', r.run_id,
                'recorded_at', lineage.utc(a.recorded_at)
            ) ORDER BY a.seq), '[]')
            FROM lineage.edge e
            JOIN lineage.artifact a ON a.seq = e.child
            JOIN lineage.run r ON r.seq = a.run
            WHERE e.parent = findings.subject AND e.role = 'eval_subject'
                AND a.kind = 'report' AND a.recorded_at <= as_of),
        'epoch', (SELECT jsonb_build_object(
                'number', p.epoch, 'root', encode(p.root, 'hex'), 'key', p.key_id,
                'sealed_at', lineage.utc(p.sealed_at)
            )
            FROM lineage.log_entry e
            JOIN lineage.log_range r ON r.stream = e.stream AND e.n BETWEEN r.first_n AND r.last_n
            -- Each epoch holds what those before it hold.
            JOIN lineage.log_epoch p ON p.epoch >= r.epoch
            WHERE e.relation = 'artifact' COLLATE "C"
                AND e.key = findings.subject::text COLLATE "C" AND p.sealed_at <= as_of
            ORDER BY p.epoch DESC LIMIT 1)
    );
$$;

-- What all exports of an artifact are written from.
CREATE FUNCTION lineage.provenance(
    ref text, as_of timestamptz DEFAULT 'infinity'
) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
    whole bigint[] := lineage.closure(asked, 2000);
BEGIN
    -- What will be known is not, so nobody could write the same again.
    IF as_of > clock_timestamp() AND as_of < 'infinity' THEN
        RAISE EXCEPTION '% has not come yet', lineage.utc(as_of) USING
            ERRCODE = 'PL080', HINT = 'give a time that has passed, or none';
    END IF;
    RETURN lineage.history(whole, as_of) || lineage.findings(asked, whole, as_of)
        || jsonb_build_object('made_with', lineage.made_with(asked));
END $$;

REVOKE ALL ON FUNCTION
    lineage.history, lineage.made_with, lineage.findings, lineage.provenance
FROM PUBLIC;
-- It is a question like the others: asked as `palimpsest_asker`, so of a tenant's own alone.
GRANT EXECUTE ON FUNCTION lineage.history, lineage.made_with, lineage.findings
TO palimpsest_asker;
GRANT EXECUTE ON FUNCTION lineage.provenance
TO palimpsest_reader, palimpsest_auditor, palimpsest_tenant;
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
ALTER FUNCTION lineage.provenance OWNER TO palimpsest_asker;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;
