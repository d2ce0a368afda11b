-- A new policy judges again what counts. A verdict that was corrected, or whose evidence was,
-- counts no more until somebody judges or measures again; a new version does not bring it back.
CREATE OR REPLACE FUNCTION lineage.adopt_policy(
    name text, forgetting_min double precision, leak_max double precision,
    validity_min double precision, integrity_max double precision,
    min_pairs integer DEFAULT 1000, attack_max double precision DEFAULT NULL,
    near_max double precision DEFAULT NULL, floor_max double precision DEFAULT 0.001
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    made lineage.policy;
BEGIN
    INSERT INTO lineage.policy (
        name, version, forgetting_min, leak_max, validity_min, integrity_max, min_pairs,
        attack_max, near_max, floor_max
    ) SELECT
        adopt_policy.name, coalesce(max(p.version), 0) + 1, adopt_policy.forgetting_min,
        adopt_policy.leak_max, adopt_policy.validity_min, adopt_policy.integrity_max,
        adopt_policy.min_pairs, adopt_policy.attack_max, adopt_policy.near_max,
        adopt_policy.floor_max
    FROM lineage.policy p WHERE p.name = adopt_policy.name
    RETURNING * INTO made;
    PERFORM lineage.decide(v.artifact, v.request, v.evidence, 'policy')
    FROM lineage.forget_request q
    JOIN lineage.verdict v ON v.request = q.seq
    JOIN lineage.evidence e ON e.seq = v.evidence
    WHERE q.policy = made.name AND v.result <> 'withdrawn'
        AND NOT EXISTS (SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq)
        AND NOT lineage.revoked(e.evaluator, 'infinity')
        AND NOT lineage.corrected('lineage.verdict', v.seq, 'infinity')
        AND NOT lineage.corrected('lineage.evidence', e.seq, 'infinity');
    RETURN made.version;
END $$;
