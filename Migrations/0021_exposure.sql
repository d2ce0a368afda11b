-- Who still carries what was to be forgotten (the algebra of the ledger). Taint starts at the
-- sources of a request and flows along the roles that carry influence, and between artifacts with
-- equal bytes. It stops only at an output of a run that applied the request and whose verdict
-- passes now: such an output takes nothing from the weights it began with or was held to.
-- Nothing of this is stored, so a verdict withdrawn taints every descendant at once.

CREATE FUNCTION lineage.influences() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY['init', 'merge', 'teacher', 'anchor', 'dataset', 'retain_set'];
$$;

-- Whether somebody has since said that this row was wrong.
CREATE FUNCTION lineage.corrected(target text, key bigint, as_of timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM lineage.correction c
        WHERE c.target_table = target AND c.target_key = key AND c.recorded_at <= as_of
    );
END $$;

CREATE FUNCTION lineage.revoked(evaluator bigint, as_of timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((
        SELECT e.event = 'revoked' FROM lineage.evaluator_event e
        WHERE e.evaluator = revoked.evaluator AND e.recorded_at <= as_of
        ORDER BY e.seq DESC
        LIMIT 1
    ), false);
END $$;

-- The version of a request's policy that is in force.
CREATE FUNCTION lineage.policy_of(request bigint, as_of timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT p.seq FROM lineage.forget_request r
        JOIN lineage.policy p ON p.name = r.policy
        WHERE r.seq = policy_of.request AND p.recorded_at <= as_of
        ORDER BY p.version DESC
        LIMIT 1
    );
END $$;

CREATE FUNCTION lineage.current_verdict(
    artifact bigint, request bigint, as_of timestamptz
) RETURNS lineage.verdict
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found lineage.verdict;
BEGIN
    SELECT v.* INTO found FROM lineage.verdict v
    WHERE v.artifact = current_verdict.artifact AND v.request = current_verdict.request
        AND v.decided_at <= as_of
    ORDER BY v.seq DESC
    LIMIT 1;
    RETURN found;
END $$;

-- The artifacts whose verdict for `request` passes: the newest one, under the policy in force, on
-- evidence that still counts. `ignored` is a verdict to be thought away.
CREATE FUNCTION lineage.passing(
    request bigint, as_of timestamptz, ignored bigint DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    in_force bigint := lineage.policy_of(request, as_of);
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
    ), '{}');
END $$;

-- Where taint of `request` starts.
CREATE FUNCTION lineage.seeds(request bigint, as_of timestamptz) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((
        SELECT array_agg(s.artifact) FROM lineage.exposure_source s
        WHERE s.request = seeds.request AND s.recorded_at <= as_of
            AND NOT lineage.corrected('lineage.exposure_source', s.seq, as_of)
    ), '{}');
END $$;

-- The other artifacts with the same bytes.
CREATE FUNCTION lineage.twins_of(artifact bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.seq FROM lineage.content_twin c
    JOIN lineage.artifact a ON a.seq = c.artifact
    JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
    WHERE c.artifact = twins_of.artifact;
$$;

-- Whether taint of `request` reaches `artifact`, walking up, since ancestors are few.
CREATE FUNCTION lineage.is_tainted(
    artifact bigint, request bigint, as_of timestamptz, passed bigint[], seeds bigint[]
) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        WITH RECURSIVE up (seq) AS (
            SELECT artifact
            UNION
            SELECT n.seq FROM up
            CROSS JOIN LATERAL (
                SELECT e.parent AS seq FROM lineage.edge e
                WHERE e.child = up.seq AND e.role = ANY (lineage.influences())
                    AND (e.excludes IS NULL OR request <> ALL (e.excludes))
                    AND NOT (e.role IN ('init', 'merge', 'anchor') AND e.child = ANY (passed))
                UNION ALL
                SELECT t.seq FROM lineage.content_twin c
                JOIN lineage.artifact a ON a.seq = c.artifact
                JOIN lineage.artifact t
                    ON t.content_digest = a.content_digest AND t.seq <> a.seq
                WHERE c.artifact = up.seq AND t.recorded_at <= as_of
            ) n
        )
        SELECT FROM up WHERE up.seq = ANY (seeds)
    );
END $$;

CREATE FUNCTION lineage.is_tainted(
    artifact bigint, request bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lineage.is_tainted(
        artifact, request, as_of, lineage.passing(request, as_of), lineage.seeds(request, as_of)
    );
$$;

-- Everything that taint of `request` reaches, at most about `max_rows`.
CREATE FUNCTION lineage.tainted(
    request bigint, as_of timestamptz DEFAULT 'infinity', ignored bigint DEFAULT NULL,
    max_rows bigint DEFAULT NULL
) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    passed bigint[] := lineage.passing(request, as_of, ignored);
    sources bigint[] := lineage.seeds(request, as_of);
BEGIN
    RETURN QUERY WITH RECURSIVE down (seq) AS (
        SELECT s FROM unnest(sources) s
        UNION
        SELECT n.seq FROM down
        CROSS JOIN LATERAL (
            SELECT e.child AS seq FROM lineage.edge e
            WHERE e.parent = down.seq AND e.role = ANY (lineage.influences())
                AND (e.excludes IS NULL OR request <> ALL (e.excludes))
                AND NOT (e.role IN ('init', 'merge', 'anchor') AND e.child = ANY (passed))
            UNION ALL
            SELECT t.seq FROM lineage.content_twin c
            JOIN lineage.artifact a ON a.seq = c.artifact
            JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
            WHERE c.artifact = down.seq AND a.recorded_at <= as_of AND t.recorded_at <= as_of
        ) n
    )
    SELECT d.seq FROM down d
    WHERE as_of = 'infinity'
        OR EXISTS (
            SELECT FROM lineage.artifact a WHERE a.seq = d.seq AND a.recorded_at <= as_of
        )
    LIMIT max_rows;
END $$;

-- clean, exposed, pending, failed or cleansed.
CREATE FUNCTION lineage.status(
    artifact bigint, request bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    passed bigint[] := lineage.passing(request, as_of);
    applied text := (
        SELECT u.method FROM lineage.artifact a
        JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.seq = status.artifact AND u.request = status.request
    );
BEGIN
    IF NOT lineage.is_tainted(artifact, request, as_of, passed, lineage.seeds(request, as_of))
    THEN
        -- Trained again without it: nothing tainted went in, whatever was measured.
        RETURN CASE
            WHEN artifact = ANY (passed) OR applied = 'retrain' THEN 'cleansed' ELSE 'clean'
        END;
    END IF;
    IF applied IS NULL OR artifact = ANY (passed) THEN RETURN 'exposed'; END IF;
    RETURN CASE
        -- The bytes of its original have forgotten nothing, measured or not.
        WHEN EXISTS (
            SELECT FROM lineage.artifact a
            JOIN lineage.artifact o ON o.seq = a.original AND o.content_digest = a.content_digest
            WHERE a.seq = status.artifact
        ) THEN 'failed'
        WHEN (lineage.current_verdict(artifact, request, as_of)).result = 'fail' THEN 'failed'
        ELSE 'pending'
    END;
END $$;

-- Formulas and gates ------------------------------------------------------------------------

-- Wilson's interval of a share seen in n trials, at 95 %.
CREATE FUNCTION lineage.wilson(
    share double precision, n double precision, OUT low double precision,
    OUT high double precision
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        greatest(0, least(share, (share + z / (2 * n) - w) / (1 + z / n))),
        least(1, greatest(share, (share + z / (2 * n) + w) / (1 + z / n)))
    FROM (SELECT 1.959963984540054 ^ 2 AS z) c
    CROSS JOIN LATERAL (
        SELECT sqrt(c.z) * sqrt(share * (1 - share) / n + c.z / (4 * n * n)) AS w
    ) d
    WHERE n > 0;
$$;

-- Formula 1: integrity is 1 less the normalised distance, forgetting is the unlearning accuracy.
CREATE FUNCTION lineage.scores_of(metrics jsonb, formula integer) RETURNS TABLE (
    name text, value double precision, ci_low double precision, ci_high double precision,
    raw double precision
)
LANGUAGE sql IMMUTABLE AS $$
    SELECT
        'integrity_score',
        1 - greatest(0, least(1, m.value)), 1 - greatest(0, least(1, m.high)),
        1 - greatest(0, least(1, m.low)), m.value
    FROM (
        SELECT
            (metrics #>> '{integrity_normalised,value}')::double precision AS value,
            (metrics #>> '{integrity_normalised,low}')::double precision AS low,
            (metrics #>> '{integrity_normalised,high}')::double precision AS high
    ) m
    WHERE formula = 1 AND m.low <= m.value AND m.value <= m.high
    UNION ALL
    SELECT 'forget_score', m.value, w.low, w.high, m.value
    FROM (
        SELECT
            (metrics #>> '{unlearning_accuracy,value}')::double precision AS value,
            (metrics #>> '{forget_samples,value}')::double precision AS n
    ) m
    CROSS JOIN LATERAL lineage.wilson(m.value, m.n) w
    WHERE formula = 1 AND m.value BETWEEN 0 AND 1;
$$;

-- What a policy makes of evidence. A gate fails where the whole interval is on the wrong side and
-- is undecided where the limit lies inside; a failed gate outweighs an undecided one.
CREATE FUNCTION lineage.judgement(
    evidence bigint, policy bigint, OUT result text, OUT reasons text[]
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lineage.evidence;
    p lineage.policy;
    m jsonb;
    forgetting record;
    applied text;
    failed text[] := '{}';
    unclear text[] := '{}';
    gate record;
BEGIN
    SELECT * INTO e FROM lineage.evidence x WHERE x.seq = judgement.evidence;
    SELECT * INTO p FROM lineage.policy x WHERE x.seq = judgement.policy;
    m := e.metrics;
    SELECT u.method INTO applied FROM lineage.artifact a
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
