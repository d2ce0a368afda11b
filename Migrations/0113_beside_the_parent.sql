-- What was unlearned from an unlearned checkpoint is measured beside the original and beside its
-- direct parent: a step that is small beside the one is not therefore small beside the other. What
-- was measured beside the parent takes a pass with it when it counts no more.

-- Whether `subject` began at its original, or was measured beside what it began at.
CREATE FUNCTION lineage.beside_parent(
    subject bigint, request bigint, pairs integer, as_of timestamptz
) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM lineage.edge i
        JOIN lineage.artifact a ON a.seq = i.child AND a.original <> i.parent
        WHERE i.child = beside_parent.subject AND i.role = 'init' AND NOT EXISTS (
            SELECT FROM lineage.evidence e
            WHERE e.subject = i.child AND e.reference = i.parent
                AND e.request = beside_parent.request AND e.n >= beside_parent.pairs
                AND e.recorded_at <= beside_parent.as_of
                AND NOT lineage.revoked(e.evaluator, beside_parent.as_of)
                AND NOT lineage.corrected('lineage.evidence', e.seq, beside_parent.as_of)
        )
    );
$$;

-- As before, but that `items_not_compared` and `no_parent_evidence` leave it undecided.
CREATE OR REPLACE FUNCTION lineage.judgement(
    evidence bigint, policy bigint, OUT result text, OUT reasons text[]
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lineage.evidence;
    p lineage.policy;
    m jsonb;
    forgetting record;
    applied text;
    compared boolean;
    failed text[] := '{}';
    unclear text[] := '{}';
    gate record;
BEGIN
    SELECT * INTO e FROM lineage.evidence x WHERE x.seq = judgement.evidence;
    SELECT * INTO p FROM lineage.policy x WHERE x.seq = judgement.policy;
    m := e.metrics;
    SELECT u.method, lineage.compared(u.run, u.request) INTO applied, compared
    FROM lineage.artifact a
    JOIN lineage.unlearn_application u ON u.run = a.run
    WHERE a.seq = e.subject AND u.request = e.request;
    IF EXISTS (
        SELECT FROM lineage.artifact s JOIN lineage.artifact o ON o.seq = e.reference
        WHERE s.seq = e.subject AND s.content_digest = o.content_digest
    ) THEN
        failed := failed || 'unchanged'::text;
    END IF;
    IF e.n < p.min_pairs THEN unclear := unclear || 'too_few_pairs'::text; END IF;
    IF e.floor > p.floor_max THEN unclear := unclear || 'floor_not_zero'::text; END IF;
    IF e.ceiling <= e.floor THEN unclear := unclear || 'ceiling_not_above_floor'::text; END IF;
    IF compared IS NOT TRUE THEN unclear := unclear || 'items_not_compared'::text; END IF;
    IF NOT lineage.beside_parent(e.subject, e.request, p.min_pairs, 'infinity') THEN
        unclear := unclear || 'no_parent_evidence'::text;
    END IF;
    SELECT * INTO forgetting FROM lineage.scores_of(m, p.formula) s WHERE s.name = 'forget_score';
    -- Each gate: its name, the interval measured and the limit; small values are good.
    FOR gate IN
        SELECT
            g.name, g.low, g.high, g.max
        FROM (VALUES
            ('forgetting', 1 - forgetting.ci_high, 1 - forgetting.ci_low, 1 - p.forgetting_min,
                true),
            ('leak_null', (m #>> '{leak_null,value}')::double precision,
                (m #>> '{leak_null,value}')::double precision, p.leak_max, true),
            ('leak_retained', (m #>> '{leak_retained,value}')::double precision,
                (m #>> '{leak_retained,value}')::double precision, p.leak_max, true),
            ('validity', 1 - (m #>> '{forget_validity,value}')::double precision,
                1 - (m #>> '{forget_validity,value}')::double precision, 1 - p.validity_min,
                true),
            ('attack', (m #>> '{attack_success,value}')::double precision,
                (m #>> '{attack_success,value}')::double precision, p.attack_max,
                p.attack_max IS NOT NULL),
            ('integrity', (m #>> '{integrity_normalised,low}')::double precision,
                (m #>> '{integrity_normalised,high}')::double precision, p.integrity_max,
                applied <> 'retrain'),
            ('integrity_near', (m #>> '{integrity_normalised_near,low}')::double precision,
                (m #>> '{integrity_normalised_near,high}')::double precision, p.near_max,
                applied <> 'retrain' AND p.near_max IS NOT NULL)
        ) g (name, low, high, max, asked)
        WHERE g.asked
    LOOP
        IF gate.low > gate.max THEN failed := failed || gate.name::text;
        ELSIF gate.high <= gate.max THEN CONTINUE;
        ELSE unclear := unclear || gate.name::text;
        END IF;
    END LOOP;
    result := CASE
        WHEN failed <> '{}' THEN 'fail' WHEN unclear <> '{}' THEN 'inconclusive' ELSE 'pass'
    END;
    reasons := failed || unclear;
END $$;

-- As before, but for evidence beside the parent.
CREATE OR REPLACE FUNCTION lineage.weigh(evidence bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lineage.evidence;
    last lineage.verdict;
    wanted integer;
    rests_on integer;
BEGIN
    SELECT * INTO e FROM lineage.evidence x WHERE x.seq = weigh.evidence;
    IF e.request IS NULL THEN RETURN; END IF;
    last := lineage.current_verdict(e.subject, e.request, 'infinity');
    wanted := lineage.pairs_wanted(e.request);
    IF NOT EXISTS (
        SELECT FROM lineage.artifact a WHERE a.seq = e.subject AND a.original = e.reference
    ) THEN
        -- Beside the parent: what waited for it is decided, and nothing that was taken back.
        PERFORM lineage.decide(e.subject, e.request, b.evidence, 'policy')
        FROM lineage.evidence_in_force(e.subject, e.request) b (evidence)
        WHERE b.evidence IS NOT NULL AND 'no_parent_evidence' = ANY (last.reasons)
            AND NOT lineage.corrected('lineage.verdict', last.seq, 'infinity')
            AND lineage.beside_parent(e.subject, e.request, wanted, 'infinity');
        RETURN;
    END IF;
    SELECT x.n INTO rests_on FROM lineage.evidence x WHERE x.seq = last.evidence;
    IF e.n >= wanted OR coalesce(rests_on < wanted, true) THEN
        PERFORM lineage.decide(e.subject, e.request, e.seq, 'policy');
    END IF;
END $$;

-- As before, but that what was measured beside the parent has to count too.
CREATE OR REPLACE FUNCTION lineage.passing(
    request bigint, as_of timestamptz, ignored bigint DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    in_force bigint := lineage.policy_of(request, as_of);
    wanted integer := (SELECT p.min_pairs FROM lineage.policy p WHERE p.seq = in_force);
BEGIN
    RETURN coalesce((
        SELECT array_agg(v.artifact)
        FROM (
            SELECT DISTINCT ON (w.artifact) w.* FROM lineage.verdict w
            WHERE w.request = passing.request AND w.decided_at <= as_of
            ORDER BY w.artifact, w.seq DESC
        ) v
        JOIN lineage.evidence e ON e.seq = v.evidence
        WHERE v.result = 'pass' AND v.policy = in_force AND v.seq IS DISTINCT FROM ignored
            AND NOT lineage.revoked(e.evaluator, as_of)
            AND NOT lineage.corrected('lineage.verdict', v.seq, as_of)
            AND NOT lineage.corrected('lineage.evidence', e.seq, as_of)
            AND lineage.beside_parent(v.artifact, v.request, wanted, as_of)
    ), '{}');
END $$;

REVOKE ALL ON FUNCTION lineage.beside_parent FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.beside_parent TO palimpsest_asker;
