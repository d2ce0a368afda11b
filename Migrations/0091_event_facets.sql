-- COMPLETE says all that is fixed with the seal: by which program, under which names its outputs
-- can be asked for, and what an evaluation found. Names and verdicts that come later are in the
-- ledger and not in the event, which is written again byte for byte whenever it is exported.

-- Whether the artifact got the name in the transaction that it was born in; null in rows from
-- before, whose events told no names.
ALTER TABLE lineage.alias_event ADD COLUMN at_birth boolean;
SELECT lineage.watch('lineage.alias_event');

-- As before, and whether it is a birth; transactions are counted anew in a restored database, but
-- what was born there before has its entry in the log.
CREATE OR REPLACE FUNCTION lineage.stamp_alias_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    new.at := greatest(clock_timestamp(), (
        SELECT t.at FROM lineage.alias_event t ORDER BY t.seq DESC LIMIT 1
    ));
    new.at_birth := EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = new.artifact AND a.born = pg_current_xact_id()
    ) AND NOT lineage.is_logged('artifact', new.artifact);
    RETURN new;
END $$;

-- What an artifact was called at its birth, each name as another way to ask for it, and the digest
-- as the version that the names meant then; null where it had none.
CREATE FUNCTION lineage.name_facets(artifact bigint, digest bytea) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
            'version', jsonb_build_object(
                '_producer', 'urn:palimpsest:ledger:v1', '_schemaURL',
                'https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json'
                    || '#/$defs/DatasetVersionDatasetFacet',
                'datasetVersion', encode(digest, 'hex')
            ),
            'symlinks', jsonb_build_object(
                '_producer', 'urn:palimpsest:ledger:v1', '_schemaURL',
                'https://openlineage.io/spec/facets/1-0-1/SymlinksDatasetFacet.json'
                    || '#/$defs/SymlinksDatasetFacet',
                'identifiers', jsonb_agg(jsonb_build_object(
                    'namespace', 'palimpsest', 'name', e.name, 'type', 'alias'
                ) ORDER BY e.seq)
            )
        )
        FROM lineage.alias_event e WHERE e.artifact = name_facets.artifact AND e.at_birth
        HAVING count(*) > 0
    );
END $$;

CREATE INDEX evidence_report ON lineage.evidence (report);

-- The evidence that a report tells of, one for each request that the subject was to fulfil, with
-- its scores and its verdict; null where it tells of none. Scores of another formula and verdicts
-- under another policy come later than those of the seal, so the first are the seal's.
CREATE FUNCTION lineage.integrity_facet(report bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
            '_producer', 'urn:palimpsest:ledger:v1',
            '_schemaURL', 'urn:palimpsest:openlineage:integrity:v1',
            'evidence', jsonb_agg(jsonb_build_object(
                'digest', encode(e.digest, 'hex'), 'subject', encode(s.digest, 'hex'),
                'reference', encode(o.digest, 'hex'), 'request', q.id, 'protocol', e.protocol,
                'protocolVersion', e.protocol_version, 'pairs', e.n, 'metrics', e.metrics,
                'scores', (
                    SELECT jsonb_agg(jsonb_build_object(
                        'name', c.name, 'value', c.value, 'low', c.ci_low, 'high', c.ci_high,
                        'raw', c.raw, 'formula', c.formula
                    ) ORDER BY c.name)
                    FROM lineage.score c
                    WHERE c.evidence = e.seq AND c.formula = (
                        SELECT f.formula FROM lineage.score f
                        WHERE f.evidence = e.seq ORDER BY f.seq LIMIT 1
                    )
                ),
                'verdict', (
                    SELECT jsonb_build_object(
                        'result', v.result, 'reasons', v.reasons, 'policy', p.name,
                        'policyVersion', p.version, 'formula', p.formula
                    )
                    FROM lineage.verdict v JOIN lineage.policy p ON p.seq = v.policy
                    WHERE v.evidence = e.seq ORDER BY v.seq LIMIT 1
                )
            ) ORDER BY e.seq)
        )
        FROM lineage.evidence e
        JOIN lineage.artifact s ON s.seq = e.subject
        JOIN lineage.artifact o ON o.seq = e.reference
        LEFT JOIN lineage.forget_request q ON q.seq = e.request
        WHERE e.report = integrity_facet.report HAVING count(*) > 0
    );
END $$;

-- As before, with those. The digits of a number must not hang on who asks.
CREATE OR REPLACE FUNCTION lineage.openlineage(run bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET extra_float_digits = 1 AS $$
#variable_conflict use_column
BEGIN
    RETURN (
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
            'job', jsonb_build_object(
                'namespace', 'palimpsest', 'name', r.kind || '.' || r.method
            ) || lineage.code_facet(r.code_digest),
            'run', jsonb_build_object('runId', r.run_id, 'facets',
                lineage.run_facets(r.job, r.epoch, r.kind, r.spec_digest)
                || jsonb_build_object('palimpsest_unlearning', (
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
                ))
            ),
            'inputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'namespace', 'sha256', 'name', encode(u.digest, 'hex'),
                'inputFacets', jsonb_build_object('palimpsest_lineageRole', facet.base
                    || jsonb_build_object(
                        '_schemaURL', 'urn:palimpsest:openlineage:role:v1', 'roles', u.roles
                    ))
            ) ORDER BY u.seq), '[]') FROM used u),
            'outputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'namespace', 'sha256', 'name', encode(m.digest, 'hex'),
                'facets', lineage.name_facets(m.seq, m.digest),
                'outputFacets', jsonb_build_object(
                    'palimpsest_parents', facet.base || jsonb_build_object(
                        '_schemaURL', 'urn:palimpsest:openlineage:parents:v1', 'kind', m.kind,
                        'parents', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'name', encode(p.digest, 'hex'), 'role', e.role
                        ) ORDER BY p.seq, e.role), '[]')
                        FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                        WHERE e.child = m.seq)
                    ),
                    'palimpsest_integrity', CASE WHEN r.kind = 'evaluate' THEN
                        lineage.integrity_facet(m.seq) END
                )
            ) ORDER BY m.seq), '[]') FROM made m)
        ))
        FROM lineage.run r CROSS JOIN facet WHERE r.seq = openlineage.run
    );
END $$;

REVOKE ALL ON FUNCTION lineage.name_facets, lineage.integrity_facet FROM PUBLIC;
