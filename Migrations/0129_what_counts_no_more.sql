-- What was measured and counts no more is not told as if it did: where evidence was corrected, or its
-- evaluator revoked, status was `pending`, but questions 9, 19, 27 and 28 went on with it. Question 9
-- showed the newest metrics beside a request, whatever classes they were measured of. All of them can be
-- asked of a time, and what was corrected can be listed.

-- Why evidence, and the verdict on it where one is given, count no more; nothing where they do. The
-- tests are those that `passing` makes.
CREATE FUNCTION lineage.lapses(
    evidence bigint, verdict bigint, as_of timestamptz
) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v lineage.verdict;
BEGIN
    SELECT * INTO v FROM lineage.verdict x WHERE x.seq = lapses.verdict;
    RETURN ARRAY(
        SELECT r.reason FROM (VALUES
            ('evidence_corrected', lineage.corrected('lineage.evidence', evidence, as_of)),
            ('evaluator_revoked', (
                SELECT lineage.revoked(e.evaluator, as_of) FROM lineage.evidence e
                WHERE e.seq = evidence
            )),
            ('verdict_corrected', lineage.corrected('lineage.verdict', v.seq, as_of)),
            ('verdict_superseded',
                (lineage.current_verdict(v.artifact, v.request, as_of)).seq <> v.seq),
            ('policy_replaced', lineage.policy_of(v.request, as_of) <> v.policy)
        ) r (reason, so)
        WHERE r.so
    );
END $$;

-- The newest evidence in force of `subject` against `reference`, for one request or, with null, any.
CREATE FUNCTION lineage.measured(
    subject bigint, reference bigint, request bigint, as_of timestamptz
) RETURNS lineage.evidence
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found lineage.evidence;
BEGIN
    SELECT e.* INTO found FROM lineage.evidence e
    WHERE e.subject = measured.subject AND e.reference = measured.reference
        AND (measured.request IS NULL OR e.request = measured.request)
        AND e.recorded_at <= as_of AND lineage.lapses(e.seq, NULL, as_of) = '{}'
    ORDER BY e.seq DESC
    LIMIT 1;
    RETURN found;
END $$;
REVOKE ALL ON FUNCTION lineage.lapses, lineage.measured FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.lapses, lineage.measured TO palimpsest_asker;

-- 9. `lapsed` is about the verdict and its evidence; the numbers are of evidence in force.
DROP FUNCTION lineage.unlearned_from;
CREATE FUNCTION lineage.unlearned_from(
    ref text, max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    artifact text, name text, method text, forgotten jsonb, forgetting double precision,
    integrity double precision, integrity_low double precision, integrity_high double precision,
    integrity_distance double precision, job uuid, recorded_at timestamptz, request text,
    seed bigint, verdict text, reasons text[], lapsed text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := (
        SELECT coalesce(a.original, a.seq) FROM lineage.artifact a
        WHERE a.seq = lineage.resolve(ref, as_of)
    );
BEGIN
    PERFORM lineage.row_limit(max_rows);
    RETURN QUERY WITH versions AS MATERIALIZED (
        SELECT a.seq, a.digest, a.recorded_at, a.run, u.method, u.forget, u.request
        FROM lineage.artifact a
        JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.original = asked AND a.recorded_at <= as_of
        ORDER BY a.seq, u.request
        LIMIT max_rows + 1
    )
    SELECT
        encode(v.digest, 'hex'), lineage.name_of(v.seq), v.method, v.forget,
        (e.metrics #>> '{unlearning_accuracy,value}')::double precision,
        (e.metrics #>> '{integrity_normalised,value}')::double precision,
        (e.metrics #>> '{integrity_normalised,low}')::double precision,
        (e.metrics #>> '{integrity_normalised,high}')::double precision,
        (e.metrics #>> '{integrity_featdist,value}')::double precision,
        r.job, v.recorded_at, q.name, r.seed, c.result, c.reasons,
        CASE WHEN c.seq IS NOT NULL THEN lineage.lapses(c.evidence, c.seq, as_of) END,
        (SELECT count(*) > max_rows FROM versions)
    FROM versions v
    JOIN lineage.run r ON r.seq = v.run
    LEFT JOIN lineage.forget_request q ON q.seq = v.request
    CROSS JOIN lineage.measured(v.seq, asked, v.request, as_of) e
    CROSS JOIN lineage.current_verdict(v.seq, v.request, as_of) c
    ORDER BY v.seq, v.request
    LIMIT max_rows;
END $$;
DROP FUNCTION lineage.latest;

-- 19.
DROP FUNCTION lineage.score_history;
CREATE FUNCTION lineage.score_history(
    ref text, request text, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    evidence text, reference text, protocol text, formula integer, score text,
    value double precision, ci_low double precision, ci_high double precision,
    raw double precision, n integer, policy text, verdict text, lapsed text[],
    decided_at timestamptz, evaluated_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
    about bigint := lineage.request_number(score_history.request);
BEGIN
    RETURN QUERY SELECT
        encode(e.digest, 'hex'), coalesce(lineage.name_of(o.seq), encode(o.digest, 'hex')),
        e.protocol || ' ' || e.protocol_version, s.formula, s.name, s.value, s.ci_low, s.ci_high,
        s.raw, e.n, p.name || ' ' || p.version, v.result, lineage.lapses(e.seq, v.seq, as_of),
        v.decided_at, e.evaluated_at
    FROM lineage.evidence e
    JOIN lineage.artifact o ON o.seq = e.reference
    LEFT JOIN lineage.score s ON s.evidence = e.seq AND s.recorded_at <= as_of
    LEFT JOIN lineage.verdict v ON v.evidence = e.seq AND v.decided_at <= as_of
    LEFT JOIN lineage.policy p ON p.seq = v.policy
    WHERE e.subject = asked AND e.request = about AND e.recorded_at <= as_of
    ORDER BY e.seq, s.formula, s.name, v.seq;
END $$;

-- 27. Along the way of the weights; `lapsed` says why evidence was left out.
DROP FUNCTION lineage.integrity_drift;
CREATE FUNCTION lineage.integrity_drift(
    ref text, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    depth integer, artifact text, name text, method text, against_original double precision,
    against_parent double precision, drift double precision, lapsed text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
BEGIN
    RETURN QUERY WITH RECURSIVE way (seq, parent) AS (
        SELECT asked, lineage.weights_before(asked)
        UNION ALL
        SELECT way.parent, lineage.weights_before(way.parent) FROM way
        WHERE way.parent IS NOT NULL
    ), measured AS MATERIALIZED (
        SELECT a.seq, a.digest, a.weight_depth, r.method,
            (o.metrics #>> '{integrity_normalised,value}')::double precision AS original,
            (p.metrics #>> '{integrity_normalised,value}')::double precision AS parent,
            ARRAY(
                SELECT DISTINCT l FROM lineage.evidence e
                CROSS JOIN LATERAL unnest(lineage.lapses(e.seq, NULL, as_of)) l
                WHERE e.subject = a.seq AND e.reference IN (a.original, way.parent)
                    AND e.recorded_at <= as_of
                ORDER BY l
            ) AS lapsed
        FROM way
        JOIN lineage.artifact a USING (seq)
        LEFT JOIN lineage.run r ON r.seq = a.run
        CROSS JOIN lineage.measured(a.seq, a.original, NULL, as_of) o
        CROSS JOIN lineage.measured(a.seq, way.parent, NULL, as_of) p
        WHERE a.original IS NOT NULL
    )
    SELECT
        m.weight_depth, encode(m.digest, 'hex'), lineage.name_of(m.seq), m.method, m.original,
        m.parent, m.original - lag(m.original, 1, 0) OVER (ORDER BY m.seq), m.lapsed
    FROM measured m
    ORDER BY m.seq;
END $$;

-- 28. Of all pairs of evidence in force the one that differs least, the newest first.
DROP FUNCTION lineage.comparable(text, text);
CREATE FUNCTION lineage.comparable(
    a text, b text, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (comparable boolean, differs text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    one bigint := lineage.resolve(comparable.a, as_of);
    two bigint := lineage.resolve(comparable.b, as_of);
BEGIN
    RETURN QUERY WITH in_force AS MATERIALIZED (
        SELECT e.* FROM lineage.evidence e
        WHERE e.subject IN (one, two) AND e.recorded_at <= as_of
            AND lineage.lapses(e.seq, NULL, as_of) = '{}'
    )
    SELECT d.differs = '{}', d.differs
    FROM in_force x
    JOIN in_force y ON x.subject = one AND y.subject = two
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT c.name FROM (VALUES
                ('reference', x.reference = y.reference),
                ('protocol', (x.protocol, x.protocol_version) = (y.protocol, y.protocol_version)),
                ('eval_manifest', x.eval_manifest = y.eval_manifest),
                ('sampler', x.sampler_config = y.sampler_config),
                ('metric_models', x.metric_models = y.metric_models),
                ('floor', x.floor = y.floor), ('ceiling', x.ceiling = y.ceiling)
            ) c (name, same)
            WHERE NOT c.same
        ) AS differs
    ) d
    ORDER BY cardinality(d.differs), x.seq DESC, y.seq DESC
    LIMIT 1;
    IF NOT FOUND THEN RETURN QUERY SELECT false, ARRAY['evidence']; END IF;
END $$;

-- 29. What was said to be wrong, with the artifact and the request that the row tells of.
CREATE FUNCTION lineage.corrections(
    max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    target_table text, target_key bigint, artifact text, name text, request text, reason text,
    replacement bigint, actor text, recorded_at timestamptz, truncated boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        c.target_table, c.target_key, encode(a.digest, 'hex'), lineage.name_of(a.seq), q.name,
        c.reason, c.replacement, c.actor, c.recorded_at, count(*) OVER () > max_rows
    FROM lineage.correction c
    LEFT JOIN LATERAL (
        SELECT e.subject, e.request FROM lineage.evidence e
        WHERE c.target_table = 'lineage.evidence' AND e.seq = c.target_key
        UNION ALL
        SELECT v.artifact, v.request FROM lineage.verdict v
        WHERE c.target_table = 'lineage.verdict' AND v.seq = c.target_key
        UNION ALL
        SELECT s.artifact, s.request FROM lineage.exposure_source s
        WHERE c.target_table = 'lineage.exposure_source' AND s.seq = c.target_key
        UNION ALL
        SELECT m.subject, NULL FROM lineage.metric m
        WHERE c.target_table = 'lineage.metric' AND m.seq = c.target_key
        UNION ALL
        SELECT x.seq, NULL FROM lineage.artifact x
        WHERE c.target_table = 'lineage.artifact' AND x.seq = c.target_key
    ) t ON true
    LEFT JOIN lineage.artifact a ON a.seq = t.subject
    LEFT JOIN lineage.forget_request q ON q.seq = t.request
    WHERE c.recorded_at <= as_of
    ORDER BY c.seq
    LIMIT lineage.row_limit(max_rows);
$$;

REVOKE ALL ON FUNCTION
    lineage.unlearned_from, lineage.score_history, lineage.integrity_drift,
    lineage.comparable(text, text, timestamptz), lineage.corrections
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    lineage.unlearned_from, lineage.score_history, lineage.integrity_drift,
    lineage.comparable(text, text, timestamptz), lineage.corrections
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor;
GRANT EXECUTE ON FUNCTION
    lineage.unlearned_from, lineage.score_history, lineage.integrity_drift,
    lineage.comparable(text, text, timestamptz)
TO palimpsest_tenant;
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
ALTER FUNCTION lineage.unlearned_from OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.score_history OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.integrity_drift OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.comparable(text, text, timestamptz) OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.corrections OWNER TO palimpsest_asker;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;
