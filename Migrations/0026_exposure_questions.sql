-- What users ask, second half: who still carries what was to be forgotten, where it is live, what
-- to do about it, and what it rests on.

-- Where artifacts are in use now, or were at a time.
CREATE FUNCTION lineage.live(as_of timestamptz DEFAULT 'infinity') RETURNS TABLE (
    artifact bigint, environment text, since timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT d.artifact, d.environment, d.at FROM (
        SELECT DISTINCT ON (e.artifact, e.environment) e.* FROM lineage.deployment_event e
        WHERE e.at <= as_of AND e.event <> 'blob_deleted'
        ORDER BY e.artifact, e.environment, e.seq DESC
    ) d
    WHERE d.event = 'live';
END $$;

-- The artifacts that are live and carry `request`. What an artifact had carried when it went live
-- is kept, so only artifacts with a cleansing or equal bytes on their way are walked again.
CREATE FUNCTION lineage.exposed_live(
    request bigint, as_of timestamptz DEFAULT 'infinity', ignored bigint DEFAULT NULL
) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    passed bigint[] := lineage.passing(request, as_of, ignored);
    sources bigint[] := lineage.seeds(request, as_of);
    twins bigint[];
BEGIN
    SELECT array_agg(t.artifact) INTO twins FROM (
        SELECT c.artifact FROM lineage.content_twin c
        WHERE EXISTS (SELECT FROM lineage.deployed_ancestor d WHERE d.ancestor = c.artifact)
        LIMIT 101
    ) t;
    -- Where many have equal bytes, one walk down is less than a walk up from each.
    IF cardinality(twins) > 100 THEN
        RETURN QUERY SELECT t.seq FROM lineage.tainted(request, as_of, ignored) t (seq)
        CROSS JOIN LATERAL (
            SELECT FROM lineage.deployment_event e
            WHERE e.artifact = t.seq AND e.event = 'live' AND e.at <= as_of AND NOT EXISTS (
                SELECT FROM lineage.deployment_event l
                WHERE l.artifact = e.artifact AND l.environment = e.environment
                    AND l.seq > e.seq AND l.at <= as_of AND l.event <> 'blob_deleted'
                OFFSET 0
            )
            LIMIT 1
        ) is_live;
        RETURN;
    END IF;
    SELECT array_agg(t) INTO twins FROM unnest(twins) t
    WHERE lineage.is_tainted(t, request, as_of, passed, sources);
    RETURN QUERY
    WITH now_live AS MATERIALIZED (
        SELECT DISTINCT l.artifact FROM lineage.live(as_of) l
    ), suspect AS MATERIALIZED (
        SELECT d.deployed, bool_or(d.ancestor = ANY (twins)) AS twin
        FROM lineage.deployed_ancestor d
        WHERE d.ancestor = ANY (sources || coalesce(twins, '{}'))
        GROUP BY d.deployed
    ), applied AS MATERIALIZED (
        SELECT DISTINCT d.deployed
        FROM lineage.unlearn_application u
        JOIN lineage.artifact a ON a.run = u.run
        JOIN lineage.deployed_ancestor d ON d.ancestor = a.seq
        WHERE u.request = exposed_live.request
    )
    SELECT s.deployed FROM suspect s
    JOIN now_live n ON n.artifact = s.deployed
    LEFT JOIN applied p ON p.deployed = s.deployed
    WHERE (p.deployed IS NULL AND NOT coalesce(s.twin, false))
        OR lineage.is_tainted(s.deployed, request, as_of, passed, sources);
END $$;

-- 10. Live deployments that still carry what `request` names.
CREATE FUNCTION lineage.exposed_deployments(
    request text, as_of timestamptz DEFAULT 'infinity', max_rows integer DEFAULT 10000
) RETURNS TABLE (
    environment text, artifact text, name text, kind text, status text, since timestamptz,
    truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    about bigint := lineage.request_number(exposed_deployments.request);
BEGIN
    RETURN QUERY WITH found AS MATERIALIZED (
        SELECT l.* FROM lineage.exposed_live(about, as_of) x (seq)
        JOIN lineage.live(as_of) l ON l.artifact = x.seq
        ORDER BY l.artifact, l.environment
        LIMIT max_rows + 1
    )
    SELECT
        f.environment, encode(a.digest, 'hex'), lineage.name_of(a.seq), a.kind,
        CASE WHEN u.run IS NULL THEN 'exposed' ELSE lineage.status(a.seq, about, as_of) END,
        f.since, (SELECT count(*) > max_rows FROM found)
    FROM found f
    JOIN lineage.artifact a ON a.seq = f.artifact
    LEFT JOIN lineage.unlearn_application u ON u.run = a.run AND u.request = about
    ORDER BY f.artifact, f.environment
    LIMIT max_rows;
END $$;

-- The first artifact whose weights came from `teacher` and that passes for `request`.
CREATE FUNCTION lineage.successor(
    teacher bigint, request bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT p.seq FROM unnest(lineage.passing(request, as_of)) p (seq)
        WHERE lineage.derives(p.seq, teacher, ARRAY['init', 'merge']) AND p.seq <> teacher
            AND NOT lineage.is_tainted(p.seq, request, as_of)
        ORDER BY p.seq
        LIMIT 1
    );
END $$;

-- 11. Students, at any distance, of a teacher that still carries `request`. `before`: made when no
-- cleansed successor of the teacher was there: distil again from it. `after`: it was there.
CREATE FUNCTION lineage.distilled_before_cleansing(
    teacher text, request text, as_of timestamptz DEFAULT 'infinity',
    only_live boolean DEFAULT true, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, name text, environments text[], started_at timestamptz, made text,
    successor text, successor_sealed_at timestamptz, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    taught bigint := lineage.resolve(teacher);
    about bigint := lineage.request_number(distilled_before_cleansing.request);
    better bigint := lineage.successor(taught, about, as_of);
BEGIN
    RETURN QUERY WITH RECURSIVE down (seq, learned) AS (
        SELECT taught, false
        UNION
        SELECT e.child, down.learned OR e.role = 'teacher'
        FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE e.role = ANY (lineage.influences())
    ), students AS MATERIALIZED (
        SELECT DISTINCT d.seq FROM down d
        JOIN lineage.tainted(about, as_of) t (seq) ON t.seq = d.seq
        WHERE d.learned
    ), shown AS MATERIALIZED (
        SELECT s.seq, array_agg(l.environment ORDER BY l.environment)
            FILTER (WHERE l.environment IS NOT NULL) AS environments
        FROM students s
        JOIN lineage.artifact a ON a.seq = s.seq AND a.kind IN ('checkpoint', 'adapter')
        LEFT JOIN lineage.live(as_of) l ON l.artifact = s.seq
        GROUP BY s.seq
        HAVING NOT only_live OR count(l.environment) > 0
        ORDER BY s.seq
        LIMIT max_rows + 1
    )
    SELECT
        encode(a.digest, 'hex'), lineage.name_of(a.seq), s.environments, r.started_at,
        CASE WHEN r.started_at >= b.recorded_at THEN 'after' ELSE 'before' END,
        encode(b.digest, 'hex'), b.recorded_at, (SELECT count(*) > max_rows FROM shown)
    FROM shown s
    JOIN lineage.artifact a ON a.seq = s.seq
    JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.artifact b ON b.seq = better
    ORDER BY s.seq
    LIMIT max_rows;
END $$;

-- The way that taint took to an artifact, as one line, or where it begins at it.
CREATE FUNCTION lineage.witness(
    artifact bigint, request bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT CASE WHEN bool_or(s.truncated) THEN 'a way of more than 1000 steps' ELSE string_agg(
            coalesce(lineage.name_of(a.seq), left(encode(a.digest, 'hex'), 12))
                || coalesce(' ←' || s.role || '− ', ''),
            '' ORDER BY s.hop
        ) END
        FROM lineage.shortest(
            artifact, lineage.seeds(request, as_of), lineage.influences(), request,
            lineage.passing(request, as_of), 1000
        ) s
        JOIN lineage.artifact a ON a.seq = s.seq
    );
END $$;

-- 13. What every open request says of an artifact, with a witness where it is not clean.
CREATE FUNCTION lineage.requests_status(
    ref text, as_of timestamptz DEFAULT 'infinity', max_rows integer DEFAULT 10000
) RETURNS TABLE (
    request text, status text, witness text, received_at timestamptz, due_at timestamptz,
    truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
    made_by bigint := (SELECT a.run FROM lineage.artifact a WHERE a.seq = asked);
BEGIN
    RETURN QUERY WITH concern AS MATERIALIZED (
        SELECT c.* FROM lineage.concerns(asked, as_of) c
    ), state AS MATERIALIZED (
        SELECT q.name, q.seq, q.received_at, q.due_at,
            CASE
                WHEN c.request IS NULL AND NOT EXISTS (
                    SELECT FROM lineage.unlearn_application u
                    WHERE u.run = made_by AND u.request = q.seq
                ) THEN 'clean'
                -- Nothing on the way ever applied it, so nothing can have stopped it.
                WHEN NOT c.touched THEN 'exposed'
                ELSE lineage.status(asked, q.seq, as_of)
            END AS status
        FROM lineage.forget_request q
        LEFT JOIN concern c ON c.request = q.seq
        WHERE q.recorded_at <= as_of
            AND (q.basis <> 'job' OR c.request IS NOT NULL)
            AND NOT EXISTS (
                SELECT FROM lineage.forget_request_event w
                WHERE w.request = q.seq AND w.recorded_at <= as_of
            )
        ORDER BY q.seq
        LIMIT max_rows + 1
    )
    SELECT s.name, s.status,
        CASE WHEN s.status NOT IN ('clean', 'cleansed')
            THEN lineage.witness(asked, s.seq, as_of) END,
        s.received_at, s.due_at, (SELECT count(*) > max_rows FROM state)
    FROM state s
    ORDER BY s.seq
    LIMIT max_rows;
END $$;

-- 14. Where what was cleansed was let in again: artifacts that carry `request` though a parent of
-- theirs is cleansed or comes from what is; the other parent brought it back.
CREATE FUNCTION lineage.reintroduced(
    request text, as_of timestamptz DEFAULT 'infinity', max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, name text, clean_parent text, tainted_parent text, role text, job uuid,
    method text, recorded_at timestamptz, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    about bigint := lineage.request_number(reintroduced.request);
BEGIN
    RETURN QUERY WITH RECURSIVE taint AS MATERIALIZED (
        SELECT t.seq FROM lineage.tainted(about, as_of) t (seq)
    ), down (seq) AS (
        SELECT p FROM unnest(lineage.passing(about, as_of)) p
        WHERE NOT EXISTS (SELECT FROM taint WHERE taint.seq = p)
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE e.role = ANY (lineage.influences())
            AND NOT EXISTS (SELECT FROM taint WHERE taint.seq = down.seq)
    ), found AS MATERIALIZED (
        SELECT DISTINCT ON (x.seq) x.seq, clean.parent AS clean, dirty.parent AS dirty, dirty.role
        FROM down x
        JOIN taint ON taint.seq = x.seq
        JOIN lineage.edge clean ON clean.child = x.seq
        JOIN down c ON c.seq = clean.parent
        JOIN lineage.edge dirty ON dirty.child = x.seq
            AND dirty.role = ANY (lineage.influences())
        JOIN taint d ON d.seq = dirty.parent
        WHERE NOT EXISTS (SELECT FROM taint WHERE taint.seq = clean.parent)
        ORDER BY x.seq, dirty.parent, clean.parent
        LIMIT max_rows + 1
    )
    SELECT
        encode(a.digest, 'hex'), lineage.name_of(a.seq),
        coalesce(lineage.name_of(f.clean), f.clean::text),
        coalesce(lineage.name_of(f.dirty), f.dirty::text), f.role, r.job, r.method, a.recorded_at,
        (SELECT count(*) > max_rows FROM found)
    FROM found f
    JOIN lineage.artifact a ON a.seq = f.seq
    LEFT JOIN lineage.run r ON r.seq = a.run
    ORDER BY f.seq
    LIMIT max_rows;
END $$;

-- 15. Which runs to do again, in this order, so that nothing live carries `request`: up from what
-- is live, and no further than where a cleansed successor stands ready. Greedy: it may not be the
-- smallest such set where several live artifacts share a part of their way.
CREATE FUNCTION lineage.remediation_plan(
    request text, as_of timestamptz DEFAULT 'infinity', max_rows integer DEFAULT 10000
) RETURNS TABLE (
    step bigint, artifact text, name text, job uuid, method text, action text, live boolean,
    truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    about bigint := lineage.request_number(remediation_plan.request);
    passed bigint[] := lineage.passing(about, as_of);
BEGIN
    RETURN QUERY WITH RECURSIVE taint AS MATERIALIZED (
        SELECT t.seq FROM lineage.tainted(about, as_of) t (seq)
    ), live AS MATERIALIZED (
        SELECT x.seq FROM lineage.exposed_live(about, as_of) x (seq)
    ), up (seq) AS (
        SELECT live.seq FROM live
        UNION
        SELECT e.parent FROM up
        JOIN lineage.edge e ON e.child = up.seq
        JOIN taint ON taint.seq = e.parent
        JOIN lineage.artifact p ON p.seq = e.parent AND p.run IS NOT NULL
        WHERE e.role = ANY (lineage.influences())
            AND (e.excludes IS NULL OR about <> ALL (e.excludes))
            AND NOT (e.role IN ('init', 'merge', 'anchor') AND e.child = ANY (passed))
            AND lineage.successor(e.parent, about, as_of) IS NULL
    ), steps AS MATERIALIZED (
        SELECT up.seq FROM up ORDER BY up.seq LIMIT max_rows + 1
    )
    SELECT
        row_number() OVER (ORDER BY s.seq), encode(a.digest, 'hex'), lineage.name_of(a.seq),
        r.job, r.method,
        CASE
            WHEN b.seq IS NOT NULL THEN
                'replace by ' || coalesce(lineage.name_of(b.seq), encode(b.digest, 'hex'))
            WHEN r.seq IS NULL THEN 'take out of use'
            WHEN EXISTS (
                SELECT FROM lineage.edge e
                WHERE e.child = s.seq AND e.role = 'teacher' AND (
                    e.parent IN (SELECT up.seq FROM up)
                    OR lineage.successor(e.parent, about, as_of) IS NOT NULL
                )
            ) THEN 'make again from the cleansed teacher'
            ELSE 'unlearn, or train again without it'
        END,
        EXISTS (SELECT FROM live WHERE live.seq = s.seq), (SELECT count(*) > max_rows FROM steps)
    FROM steps s
    JOIN lineage.artifact a ON a.seq = s.seq
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.artifact b ON b.seq = lineage.successor(s.seq, about, as_of)
    ORDER BY s.seq
    LIMIT max_rows;
END $$;

-- 16. The verdicts that rest on an evaluator or a metric model, and where their artifacts are live.
CREATE FUNCTION lineage.verdicts_depending_on(
    digest text, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    verdict bigint, artifact text, name text, request text, result text, current boolean,
    environments text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF digest !~ '^[0-9a-fA-F]{12,64}$' THEN
        RAISE EXCEPTION '''%'' is not a digest', digest USING
            ERRCODE = 'PL010', HINT = 'give at least 12 of its hexadecimal digits';
    END IF;
    RETURN QUERY WITH found AS MATERIALIZED (
        SELECT v.*, NOT EXISTS (
            SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq
        ) AS stands
        FROM lineage.evidence e
        JOIN lineage.evaluator t ON t.seq = e.evaluator
        JOIN lineage.verdict v ON v.evidence = e.seq
        WHERE encode(t.digest, 'hex') LIKE lower(verdicts_depending_on.digest) || '%'
            OR EXISTS (
                SELECT FROM unnest(e.metric_models) m
                WHERE encode(m, 'hex') LIKE lower(verdicts_depending_on.digest) || '%'
            )
        ORDER BY v.seq
        LIMIT max_rows + 1
    )
    SELECT
        f.seq, encode(a.digest, 'hex'), lineage.name_of(a.seq), q.name, f.result, f.stands,
        ARRAY(
            SELECT l.environment FROM lineage.live() l
            JOIN lineage.deployed_ancestor d
                ON d.deployed = l.artifact AND d.ancestor = f.artifact
            ORDER BY l.environment
        ),
        (SELECT count(*) > max_rows FROM found)
    FROM found f
    JOIN lineage.artifact a ON a.seq = f.artifact
    JOIN lineage.forget_request q ON q.seq = f.request
    ORDER BY f.seq
    LIMIT max_rows;
END $$;

-- 17. Requests past their date that something live still carries.
CREATE FUNCTION lineage.overdue(at timestamptz DEFAULT NULL) RETURNS TABLE (
    request text, received_at timestamptz, due_at timestamptz, age interval, exposed_live bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := coalesce(overdue.at, clock_timestamp());
BEGIN
    RETURN QUERY SELECT q.name, q.received_at, q.due_at, moment - q.due_at, l.n
    FROM lineage.forget_request q
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM lineage.exposed_live(q.seq, moment) x
    ) l
    WHERE q.due_at < moment AND q.recorded_at <= moment AND l.n > 0 AND NOT EXISTS (
        SELECT FROM lineage.forget_request_event w
        WHERE w.request = q.seq AND w.recorded_at <= moment
    )
    ORDER BY q.due_at;
END $$;

-- 18. What was believed of an artifact at a time.
CREATE FUNCTION lineage.as_of_report(ref text, as_of timestamptz) RETURNS TABLE (
    aspect text, key text, value text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
BEGIN
    RETURN QUERY
    SELECT 'artifact', a.kind, encode(a.digest, 'hex') FROM lineage.artifact a
    WHERE a.seq = asked
    UNION ALL (
        SELECT 'parent', e.role, encode(p.digest, 'hex') FROM lineage.edge e
        JOIN lineage.artifact p ON p.seq = e.parent
        WHERE e.child = asked ORDER BY p.seq, e.role
    )
    UNION ALL (
        SELECT 'name', l.name, l.at::text FROM (
            SELECT DISTINCT ON (x.name) x.* FROM lineage.alias_event x WHERE x.at <= as_of
                AND x.name IN (
                    SELECT y.name FROM lineage.alias_event y WHERE y.artifact = asked
                )
            ORDER BY x.name, x.seq DESC
        ) l
        WHERE l.artifact = asked ORDER BY l.name
    )
    UNION ALL (
        SELECT 'verdict', q.name, v.result FROM lineage.artifact a
        JOIN lineage.unlearn_application u ON u.run = a.run
        JOIN lineage.forget_request q ON q.seq = u.request
        CROSS JOIN LATERAL lineage.current_verdict(a.seq, q.seq, as_of) v
        WHERE a.seq = asked AND v.seq IS NOT NULL ORDER BY q.seq
    )
    UNION ALL (
        SELECT 'status', s.request, s.status FROM lineage.requests_status(ref, as_of) s
    )
    UNION ALL (
        SELECT 'deployment', l.environment, l.since::text FROM lineage.live(as_of) l
        WHERE l.artifact = asked ORDER BY l.environment
    );
END $$;

-- 19. Everything measured of an artifact for a request, and what was made of it.
CREATE FUNCTION lineage.score_history(ref text, request text) RETURNS TABLE (
    evidence text, reference text, protocol text, formula integer, score text,
    value double precision, ci_low double precision, ci_high double precision,
    raw double precision, n integer, policy text, verdict text, decided_at timestamptz,
    evaluated_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
    about bigint := lineage.request_number(score_history.request);
BEGIN
    RETURN QUERY SELECT
        encode(e.digest, 'hex'), coalesce(lineage.name_of(o.seq), encode(o.digest, 'hex')),
        e.protocol || ' ' || e.protocol_version, s.formula, s.name, s.value, s.ci_low, s.ci_high,
        s.raw, e.n, p.name || ' ' || p.version, v.result, v.decided_at, e.evaluated_at
    FROM lineage.evidence e
    JOIN lineage.artifact o ON o.seq = e.reference
    LEFT JOIN lineage.score s ON s.evidence = e.seq
    LEFT JOIN lineage.verdict v ON v.evidence = e.seq
    LEFT JOIN lineage.policy p ON p.seq = v.policy
    WHERE e.subject = asked AND e.request = about
    ORDER BY e.seq, s.formula, s.name, v.seq;
END $$;

-- 20. What a base owes: for each open request, what of it is live and exposed, times the days
-- since the request came.
CREATE FUNCTION lineage.unlearning_debt(
    base text, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    request text, exposed_live bigint, days double precision, debt double precision
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(base);
    moment timestamptz := least(as_of, clock_timestamp());
BEGIN
    RETURN QUERY SELECT q.name, l.n, d.days, l.n * d.days
    FROM lineage.forget_request q
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM lineage.exposed_live(q.seq, as_of) x (seq)
        JOIN lineage.deployed_ancestor c ON c.deployed = x.seq AND c.ancestor = asked
    ) l
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM moment - q.received_at)::double precision / 86400 AS days
    ) d
    WHERE q.recorded_at <= as_of AND l.n > 0 AND NOT EXISTS (
        SELECT FROM lineage.forget_request_event w
        WHERE w.request = q.seq AND w.recorded_at <= as_of
    )
    ORDER BY q.seq;
END $$;

-- 26. The live artifacts that would be exposed if the current verdict were not.
CREATE FUNCTION lineage.what_if_revoke(verdict bigint) RETURNS TABLE (
    environment text, artifact text, name text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v lineage.verdict;
BEGIN
    SELECT * INTO v FROM lineage.verdict x WHERE x.seq = what_if_revoke.verdict;
    IF v.seq IS NULL THEN
        RAISE EXCEPTION 'there is no verdict %', verdict USING
            ERRCODE = 'PL010', HINT = 'lineage.verdicts lists them';
    END IF;
    RETURN QUERY SELECT l.environment, encode(a.digest, 'hex'), lineage.name_of(a.seq)
    FROM (
        SELECT * FROM lineage.exposed_live(v.request, 'infinity', v.seq)
        EXCEPT
        SELECT * FROM lineage.exposed_live(v.request, 'infinity')
    ) x (seq)
    JOIN lineage.live() l ON l.artifact = x.seq
    JOIN lineage.artifact a ON a.seq = x.seq
    ORDER BY a.seq, l.environment;
END $$;

-- 27. Along a chain of unlearnings: the distance to the first original and to the direct parent.
-- `drift` is what the step added; the step with the largest one is where integrity broke.
CREATE FUNCTION lineage.integrity_drift(ref text) RETURNS TABLE (
    depth integer, artifact text, name text, method text, against_original double precision,
    against_parent double precision, drift double precision
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY WITH RECURSIVE way (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM way JOIN lineage.edge e ON e.child = way.seq AND e.role = 'init'
    ), measured AS MATERIALIZED (
        SELECT a.seq, a.digest, a.weight_depth, r.method,
            (lineage.latest(a.seq, 'integrity_normalised', a.original)).value AS original,
            (lineage.latest(a.seq, 'integrity_normalised', e.parent)).value AS parent
        FROM way
        JOIN lineage.artifact a USING (seq)
        JOIN lineage.edge e ON e.child = a.seq AND e.role = 'init'
        LEFT JOIN lineage.run r ON r.seq = a.run
        WHERE a.original IS NOT NULL
    )
    SELECT
        m.weight_depth, encode(m.digest, 'hex'), lineage.name_of(m.seq), m.method, m.original,
        m.parent, m.original - lag(m.original, 1, 0) OVER (ORDER BY m.seq)
    FROM measured m
    ORDER BY m.seq;
END $$;

-- 28. Whether the newest evidence of two checkpoints may be compared, and what stands against it.
CREATE FUNCTION lineage.comparable(a text, b text) RETURNS TABLE (
    comparable boolean, differs text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    one lineage.evidence;
    two lineage.evidence;
    against text[];
BEGIN
    SELECT * INTO one FROM lineage.evidence e
    WHERE e.subject = lineage.resolve(comparable.a) ORDER BY e.seq DESC LIMIT 1;
    SELECT * INTO two FROM lineage.evidence e
    WHERE e.subject = lineage.resolve(comparable.b) ORDER BY e.seq DESC LIMIT 1;
    against := ARRAY(
        SELECT c.name FROM (VALUES
            ('evidence', one.seq IS NOT NULL AND two.seq IS NOT NULL),
            ('reference', one.reference = two.reference),
            ('protocol', (one.protocol, one.protocol_version)
                = (two.protocol, two.protocol_version)),
            ('eval_manifest', one.eval_manifest = two.eval_manifest),
            ('sampler', one.sampler_config = two.sampler_config),
            ('metric_models', one.metric_models = two.metric_models),
            ('floor', one.floor = two.floor), ('ceiling', one.ceiling = two.ceiling)
        ) c (name, same)
        WHERE c.same IS NOT TRUE
    );
    RETURN QUERY SELECT against = '{}', against;
END $$;

-- I13, I16: what no longer follows from what it was made of; empty in a sound ledger.
CREATE FUNCTION lineage.recompute(samples integer DEFAULT 1000) RETURNS TABLE (
    problem text, key bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'score', s.seq FROM lineage.score s
    JOIN lineage.evidence e ON e.seq = s.evidence
    WHERE NOT EXISTS (
        SELECT FROM lineage.scores_of(e.metrics, s.formula) x
        WHERE (x.name, x.value, x.ci_low, x.ci_high, x.raw)
            = (s.name, s.value, s.ci_low, s.ci_high, s.raw)
    )
    UNION ALL
    SELECT 'artifact', a.seq FROM (
        SELECT * FROM lineage.artifact ORDER BY seq DESC LIMIT samples
    ) a
    CROSS JOIN LATERAL (
        SELECT coalesce(max(p.generation) + 1, 0) AS generation,
            lineage.origins(a.seq, coalesce(array_agg(p.seq), '{}')) AS roots
        FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent WHERE e.child = a.seq
    ) due
    WHERE (a.generation, a.origin_roots) <> (due.generation, due.roots);
$$;
