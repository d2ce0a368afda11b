-- The verdicts in a provenance were those of every artifact: `subject` is a column of the evidence
-- that is joined there, and that name won. What a verdict comes to now, which an evaluator that was
-- revoked or a correction may have changed, is told beside it.

CREATE OR REPLACE FUNCTION lineage.provenance(subject bigint, whole bigint[]) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'subject', (SELECT encode(a.digest, 'hex') FROM lineage.artifact a
            WHERE a.seq = provenance.subject),
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
                'evidence', encode(e.digest, 'hex'), 'decided_at', lineage.utc(v.decided_at),
                'status', lineage.status(provenance.subject, q.seq, 'infinity')
            ) ORDER BY v.seq), '[]')
            FROM lineage.verdict v
            JOIN lineage.forget_request q ON q.seq = v.request
            JOIN lineage.policy p ON p.seq = v.policy
            LEFT JOIN lineage.evidence e ON e.seq = v.evidence
            WHERE v.artifact = provenance.subject AND NOT EXISTS (
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
