-- What users ask, first half: derivation. All walk sets of numbers with UNION, which visits every
-- artifact once, and add what is shown after the walk; ways are never carried along. A `truncated`
-- answer says so in every row. Ancestry never changes, so only what was added later has an as_of.

DROP FUNCTION lineage.ancestors(text, text[], integer);
DROP FUNCTION lineage.descendants(text, text[], integer);
DROP FUNCTION lineage.weight_path(text);
DROP FUNCTION lineage.unlearned_from(text);

-- What `ref` meant at a time in the past.
CREATE FUNCTION lineage.resolve(ref text, as_of timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    IF as_of = 'infinity' THEN RETURN lineage.resolve(ref); END IF;
    SELECT e.artifact INTO found FROM lineage.alias_event e
    WHERE e.name = ref AND e.at <= as_of
    ORDER BY e.seq DESC
    LIMIT 1;
    IF found IS NULL AND NOT EXISTS (SELECT FROM lineage.alias_event e WHERE e.name = ref) THEN
        SELECT a.seq INTO found FROM lineage.artifact a
        WHERE a.seq = lineage.resolve(ref) AND a.recorded_at <= as_of;
    END IF;
    IF found IS NULL THEN
        RAISE EXCEPTION 'at % no artifact was known as ''%''', as_of, ref USING ERRCODE = 'PL010';
    END IF;
    RETURN found;
END $$;

-- 1. The way of the weights, newest first, with methods and requests.
CREATE FUNCTION lineage.weight_path(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    depth integer, artifact text, name text, run_kind text, method text, forgotten jsonb,
    requests text[], recorded_at timestamptz, truncated boolean
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
    ), taken AS MATERIALIZED (
        SELECT way.seq FROM way LIMIT max_rows + 1
    )
    SELECT
        a.weight_depth, encode(a.digest, 'hex'), lineage.name_of(a.seq), r.kind, r.method,
        u.forget, u.requests, a.recorded_at, (SELECT count(*) > max_rows FROM taken)
    FROM taken
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN LATERAL (
        SELECT
            jsonb_agg(DISTINCT f) FILTER (WHERE f IS NOT NULL) AS forget,
            array_agg(DISTINCT q.name) FILTER (WHERE q.name IS NOT NULL) AS requests
        FROM lineage.unlearn_application x
        LEFT JOIN lineage.forget_request q ON q.seq = x.request
        LEFT JOIN LATERAL jsonb_array_elements(x.forget) f ON true
        WHERE x.run = a.run
    ) u ON true
    ORDER BY a.seq DESC
    LIMIT max_rows;
END $$;

-- The artifacts `members` as rows: what they are, what made them, in which roles they stand to the
-- others.
CREATE FUNCTION lineage.entries(members bigint[]) RETURNS TABLE (
    seq bigint, artifact text, kind text, name text, run_kind text, method text,
    recorded_at timestamptz, used_as text[], made_with text[]
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    -- Looked up one by one and grouped once: joins of sets whose size is not known in advance are
    -- planned badly. (IS TRUE keeps the inner select a hash table.)
    WITH inside AS MATERIALIZED (
        SELECT e.child, e.parent, e.role FROM unnest(members) f (seq)
        CROSS JOIN LATERAL (
            SELECT * FROM lineage.edge x WHERE x.child = f.seq OFFSET 0
        ) e
        WHERE (e.parent IN (SELECT unnest(members))) IS TRUE
    ), roles AS MATERIALIZED (
        SELECT
            t.seq, array_agg(DISTINCT t.used ORDER BY t.used) FILTER (WHERE t.used <> '') AS used,
            array_agg(DISTINCT t.made ORDER BY t.made) FILTER (WHERE t.made <> '') AS made
        FROM (
            SELECT m AS seq, '' AS used, '' AS made FROM unnest(members) m
            UNION ALL SELECT i.parent, i.role, '' FROM inside i
            UNION ALL SELECT i.child, '', i.role FROM inside i
        ) t
        GROUP BY t.seq
    )
    SELECT
        a.seq, encode(a.digest, 'hex'), a.kind, n.name, r.kind, r.method, a.recorded_at, f.used,
        f.made
    FROM roles f
    CROSS JOIN LATERAL (SELECT * FROM lineage.artifact x WHERE x.seq = f.seq OFFSET 0) a
    LEFT JOIN LATERAL (SELECT * FROM lineage.run x WHERE x.seq = a.run OFFSET 0) r ON true
    -- As in name_of, without a call for each row.
    LEFT JOIN LATERAL (
        SELECT e.name FROM lineage.alias_event e
        WHERE e.artifact = a.seq AND NOT EXISTS (
            SELECT FROM lineage.alias_event l WHERE l.name = e.name AND l.seq > e.seq OFFSET 0
        )
        ORDER BY e.seq
        LIMIT 1
    ) n ON true;
END $$;

-- 2. Everything an artifact was made from, through the given roles only if there are any.
CREATE FUNCTION lineage.ancestors(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz,
    used_as text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
    found bigint[];
BEGIN
    WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    SELECT array_agg(u.seq) INTO found FROM (SELECT up.seq FROM up LIMIT max_rows + 2) u;
    RETURN QUERY SELECT
        e.artifact, e.kind, e.name, e.run_kind, e.method, e.recorded_at, e.used_as,
        cardinality(found) > max_rows + 1
    FROM lineage.entries(found) e
    WHERE e.seq <> asked
    ORDER BY e.seq DESC
    LIMIT max_rows;
END $$;

-- 3. Everything that was made from an artifact.
CREATE FUNCTION lineage.descendants(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000,
    kinds text[] DEFAULT NULL, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz,
    made_with text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref, as_of);
    found bigint[];
BEGIN
    WITH RECURSIVE down (seq) AS (
        SELECT asked
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    -- Looked up one by one, so that the walk ends with the row that is one too many.
    SELECT array_agg(d.seq) INTO found FROM (
        SELECT down.seq FROM down
        WHERE down.seq <> asked
            AND (kinds IS NULL OR (
                SELECT a.kind FROM lineage.artifact a WHERE a.seq = down.seq
            ) = ANY (kinds))
            AND (as_of = 'infinity' OR (
                SELECT a.recorded_at FROM lineage.artifact a WHERE a.seq = down.seq
            ) <= as_of)
        LIMIT max_rows + 1
    ) d;
    RETURN QUERY SELECT
        e.artifact, e.kind, e.name, e.run_kind, e.method, e.recorded_at, e.made_with,
        cardinality(found) > max_rows
    FROM lineage.entries(asked || found) e
    WHERE e.seq <> asked
    ORDER BY e.seq
    LIMIT max_rows;
END $$;

-- The shortest way up from `start` to one of `targets`: breadth first, level by level, then back.
-- With a request the way is the one that its taint took; equal bytes are then a step too.
CREATE FUNCTION lineage.shortest(
    start bigint, targets bigint[], roles text[], request bigint DEFAULT NULL,
    passed bigint[] DEFAULT '{}', max_hops integer DEFAULT 5000
) RETURNS TABLE (hop integer, seq bigint, role text, run bigint, truncated boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- Each level is one small query; planning it anew would cost more than running it.
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    -- All levels one after the other, and where each begins.
    levels bigint[] := ARRAY[start];
    starts integer[] := ARRAY[1];
    level bigint[] := ARRAY[start];
    lowest integer;
    goal bigint;
    depth integer := 0;
    step record;
BEGIN
    IF request IS NULL THEN
        SELECT min(a.generation) INTO lowest FROM lineage.artifact a WHERE a.seq = ANY (targets);
    END IF;
    LOOP
        IF cardinality(level) = 1 THEN
            IF level[1] = ANY (targets) THEN goal := level[1]; END IF;
        ELSE
            SELECT min(l) INTO goal FROM unnest(level) l JOIN unnest(targets) t ON t = l;
        END IF;
        EXIT WHEN goal IS NOT NULL;
        IF depth = max_hops THEN
            RETURN QUERY SELECT depth, start, NULL::text, NULL::bigint, true;
            RETURN;
        END IF;
        SELECT array_agg(n.seq) INTO level FROM (
            SELECT p.seq FROM unnest(level) c
            JOIN lineage.edge e ON e.child = c
            JOIN lineage.artifact p ON p.seq = e.parent
            WHERE (roles IS NULL OR e.role = ANY (roles))
                AND (lowest IS NULL OR p.generation >= lowest)
                AND (request IS NULL OR (
                    (e.excludes IS NULL OR request <> ALL (e.excludes))
                    AND NOT (e.role IN ('init', 'merge', 'anchor') AND e.child = ANY (passed))
                ))
            UNION
            SELECT t.seq FROM unnest(level) c
            CROSS JOIN LATERAL lineage.twins_of(c) t (seq)
            WHERE request IS NOT NULL
            EXCEPT
            SELECT l FROM unnest(levels) l
            WHERE request IS NOT NULL OR cardinality(level) > 1
        ) n;
        IF level IS NULL THEN RETURN; END IF;
        depth := depth + 1;
        starts := starts || (cardinality(levels) + 1);
        IF cardinality(level) = 1 THEN levels := levels || level[1];
        ELSE levels := levels || level;
        END IF;
    END LOOP;
    RETURN QUERY SELECT depth, goal, NULL::text, NULL::bigint, false;
    WHILE depth > 0 LOOP
        IF starts[depth + 1] - starts[depth] = 1 THEN level := ARRAY[levels[starts[depth]]];
        ELSE level := levels[starts[depth] : starts[depth + 1] - 1];
        END IF;
        SELECT c.child, c.role, c.run INTO step FROM (
            SELECT e.child, e.role, e.run FROM unnest(level) l
            -- Found by child: a parent may have very many.
            CROSS JOIN LATERAL (
                SELECT * FROM lineage.edge x WHERE x.child = l AND x.parent = goal OFFSET 0
            ) e
            WHERE (roles IS NULL OR e.role = ANY (roles))
                AND (request IS NULL OR (
                    (e.excludes IS NULL OR request <> ALL (e.excludes))
                    AND NOT (e.role IN ('init', 'merge', 'anchor') AND e.child = ANY (passed))
                ))
            UNION ALL
            SELECT l, 'same_content', NULL::bigint FROM unnest(level) l
            WHERE request IS NOT NULL AND goal IN (SELECT * FROM lineage.twins_of(l))
        ) c
        ORDER BY c.child, c.role DESC
        LIMIT 1;
        depth := depth - 1;
        goal := step.child;
        RETURN QUERY SELECT depth, step.child, step.role, step.run, false;
    END LOOP;
END $$;

-- 4. One shortest way from `a` back to `b`, from which it derives. `role` is what the artifact of
-- the next row was to this one. No row: there is none.
CREATE FUNCTION lineage.path(
    a text, b text, roles text[] DEFAULT NULL, max_hops integer DEFAULT 5000
) RETURNS TABLE (
    hop integer, artifact text, kind text, name text, role text, job uuid, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT
        s.hop, encode(x.digest, 'hex'), x.kind, lineage.name_of(x.seq), s.role, r.job, s.truncated
    FROM lineage.shortest(
        lineage.resolve(path.a), ARRAY[lineage.resolve(path.b)], path.roles, NULL, '{}',
        path.max_hops
    ) s
    JOIN lineage.artifact x ON x.seq = s.seq
    LEFT JOIN lineage.run r ON r.seq = s.run
    ORDER BY s.hop;
END $$;

-- 5. Whether `a` was made from `b`, at any distance; an artifact is not made from itself.
CREATE FUNCTION lineage.is_derived_from(
    a text, b text, roles text[] DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    child bigint := lineage.resolve(a);
    parent bigint := lineage.resolve(b);
BEGIN
    RETURN child <> parent AND lineage.derives(child, parent, roles);
END $$;

-- 6. What both were made from and nothing nearer to both was: their nearest shared ancestors.
CREATE FUNCTION lineage.common_origin(
    a text, b text, max_rows integer DEFAULT 10000
) RETURNS TABLE (artifact text, kind text, name text, recorded_at timestamptz, truncated boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    first bigint := lineage.resolve(common_origin.a);
    second bigint := lineage.resolve(common_origin.b);
BEGIN
    RETURN QUERY WITH RECURSIVE one (seq) AS (
        SELECT first
        UNION
        SELECT e.parent FROM one JOIN lineage.edge e ON e.child = one.seq
    ), two (seq) AS (
        SELECT second
        UNION
        SELECT e.parent FROM two JOIN lineage.edge e ON e.child = two.seq
    ), shared AS MATERIALIZED (
        SELECT one.seq FROM one INTERSECT SELECT two.seq FROM two
    ), above AS MATERIALIZED (
        SELECT DISTINCT e.parent AS seq FROM shared s JOIN lineage.edge e ON e.child = s.seq
    ), nearest AS MATERIALIZED (
        SELECT s.seq FROM shared s EXCEPT SELECT b.seq FROM above b
    )
    SELECT
        encode(x.digest, 'hex'), x.kind, lineage.name_of(x.seq), x.recorded_at,
        (SELECT count(*) > max_rows FROM nearest)
    FROM nearest n JOIN lineage.artifact x ON x.seq = n.seq
    ORDER BY x.seq DESC
    LIMIT max_rows;
END $$;

-- 7. What differs in how two artifacts were made: inputs by role, spec by field, method, seed,
-- code.
CREATE FUNCTION lineage.diff(a text, b text) RETURNS TABLE (
    aspect text, key text, in_a text, in_b text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    first bigint := lineage.resolve(diff.a);
    second bigint := lineage.resolve(diff.b);
BEGIN
    RETURN QUERY
    WITH facts AS (
        SELECT x.seq, 'input' AS aspect, e.role || ' ' || encode(p.digest, 'hex') AS key,
            coalesce(lineage.name_of(p.seq), p.name) AS value
        FROM (VALUES (first), (second)) x (seq)
        JOIN lineage.edge e ON e.child = x.seq
        JOIN lineage.artifact p ON p.seq = e.parent
        UNION ALL
        SELECT x.seq, 'run', f.key, f.value
        FROM (VALUES (first), (second)) x (seq)
        JOIN lineage.artifact y ON y.seq = x.seq
        JOIN lineage.run r ON r.seq = y.run
        CROSS JOIN LATERAL (VALUES
            ('kind', r.kind), ('method', r.method), ('seed', r.seed::text),
            ('code', encode(r.code_digest, 'hex')),
            ('environment', encode(r.environment_digest, 'hex'))
        ) f (key, value)
        UNION ALL
        SELECT x.seq, 'spec', s.key, s.value
        FROM (VALUES (first), (second)) x (seq)
        JOIN lineage.artifact y ON y.seq = x.seq
        JOIN lineage.run r ON r.seq = y.run
        CROSS JOIN LATERAL jsonb_each_text(r.spec) s (key, value)
    )
    SELECT aspect, key, one.value, two.value
    FROM (SELECT * FROM facts WHERE seq = first) one
    FULL JOIN (SELECT * FROM facts WHERE seq = second) two USING (aspect, key)
    WHERE one.value IS DISTINCT FROM two.value
    ORDER BY aspect, key;
END $$;

-- 8. The runs that a dataset went into, directly or through what was made from it.
CREATE FUNCTION lineage.runs_using(
    dataset text, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    job uuid, kind text, method text, artifact text, name text, direct boolean, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(dataset);
    found bigint[];
BEGIN
    WITH RECURSIVE down (seq) AS (
        SELECT asked
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE e.role = ANY (lineage.influences())
    )
    SELECT array_agg(d.seq) INTO found FROM (SELECT down.seq FROM down LIMIT max_rows + 2) d;
    RETURN QUERY SELECT
        r.job, r.kind, r.method, encode(x.digest, 'hex'), lineage.name_of(x.seq),
        EXISTS (SELECT FROM lineage.edge e WHERE e.child = x.seq AND e.parent = asked),
        cardinality(found) > max_rows + 1
    FROM unnest(found) f (seq)
    JOIN lineage.artifact x ON x.seq = f.seq
    JOIN lineage.run r ON r.seq = x.run
    WHERE x.seq <> asked
    ORDER BY x.seq
    LIMIT max_rows;
END $$;

-- 8. The data that an artifact learned from, directly or through models and samples of models.
CREATE FUNCTION lineage.datasets_behind(
    ref text, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, source text, direct boolean, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
        WHERE e.role = ANY (lineage.influences())
    ), data AS MATERIALIZED (
        SELECT x.* FROM up JOIN lineage.artifact x ON x.seq = up.seq
        WHERE x.kind IN ('dataset', 'sample_set') AND x.seq <> asked
        LIMIT max_rows + 1
    )
    SELECT
        encode(d.digest, 'hex'), d.kind, lineage.name_of(d.seq), i.source,
        EXISTS (SELECT FROM lineage.edge e WHERE e.child = asked AND e.parent = d.seq),
        (SELECT count(*) > max_rows FROM data)
    FROM data d LEFT JOIN lineage.import i ON i.artifact = d.seq
    ORDER BY d.seq DESC
    LIMIT max_rows;
END $$;

-- 9. All unlearned versions of an original (or of that of the given checkpoint), side by side.
-- `integrity` is the normalised distance to the original on what was to stay, from 0, untouched,
-- to 1, unrelated; `integrity_distance` the same before normalisation.
CREATE FUNCTION lineage.unlearned_from(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    artifact text, name text, method text, forgotten jsonb, forgetting double precision,
    integrity double precision, integrity_low double precision, integrity_high double precision,
    integrity_distance double precision, job uuid, recorded_at timestamptz, request text,
    seed bigint, verdict text, reasons text[], truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := (
        SELECT coalesce(a.original, a.seq) FROM lineage.artifact a
        WHERE a.seq = lineage.resolve(ref)
    );
BEGIN
    RETURN QUERY WITH versions AS MATERIALIZED (
        SELECT a.seq, a.digest, a.recorded_at, a.run, u.method, u.forget, u.request
        FROM lineage.artifact a
        JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.original = asked
        ORDER BY a.seq, u.request
        LIMIT max_rows + 1
    )
    SELECT
        encode(v.digest, 'hex'), lineage.name_of(v.seq), v.method, v.forget, forgetting.value,
        integrity.value, integrity.low, integrity.high, distance.value, r.job, v.recorded_at,
        q.name, r.seed, c.result, c.reasons, (SELECT count(*) > max_rows FROM versions)
    FROM versions v
    JOIN lineage.run r ON r.seq = v.run
    LEFT JOIN lineage.forget_request q ON q.seq = v.request
    CROSS JOIN lineage.latest(v.seq, 'unlearning_accuracy') forgetting
    CROSS JOIN lineage.latest(v.seq, 'integrity_normalised', asked) integrity
    CROSS JOIN lineage.latest(v.seq, 'integrity_featdist', asked) distance
    CROSS JOIN lineage.current_verdict(v.seq, v.request, 'infinity') c
    ORDER BY v.seq, v.request
    LIMIT max_rows;
END $$;

CREATE OR REPLACE FUNCTION lineage.label(artifact bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        coalesce(lineage.name_of(a.seq), a.name) || '  ' || left(encode(a.digest, 'hex'), 12)
            || '  ' || a.kind
            || CASE
                WHEN u.forget IS NOT NULL
                    THEN ', unlearned ' || u.forget || ' by ' || r.method
                WHEN r.seq IS NOT NULL THEN ', ' || r.kind || ' ' || r.method
                ELSE ', imported from ' || i.source
            END
    FROM lineage.artifact a
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN LATERAL (
        SELECT string_agg(DISTINCT f, ', ') AS forget FROM lineage.unlearn_application x
        CROSS JOIN LATERAL jsonb_array_elements_text(x.forget) f
        WHERE x.run = r.seq
    ) u ON true
    LEFT JOIN lineage.import i ON i.artifact = a.seq
    WHERE a.seq = label.artifact;
$$;

-- What two artifacts with equal bytes were made from, as one text.
CREATE FUNCTION lineage.recipe(artifact bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(r.kind || ' ' || r.method, 'import') || ': ' || coalesce(string_agg(
        e.role || ' ' || encode(p.content_digest, 'hex'), ', '
        ORDER BY e.role, p.content_digest
    ) FILTER (WHERE p.kind <> 'forget_set'), '')
    FROM lineage.artifact a
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.edge e ON e.child = a.seq
    LEFT JOIN lineage.artifact p ON p.seq = e.parent
    WHERE a.seq = recipe.artifact
    GROUP BY r.seq;
$$;

-- 21. Other runs that made the same bytes from the same inputs.
CREATE FUNCTION lineage.reproductions(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    artifact text, name text, job uuid, recorded_at timestamptz, truncated boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(t.digest, 'hex'), lineage.name_of(t.seq), r.job, t.recorded_at,
        count(*) OVER () > max_rows
    FROM lineage.artifact a
    JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
    JOIN lineage.run r ON r.seq = t.run
    WHERE a.seq = lineage.resolve(ref) AND t.run <> a.run
        AND lineage.recipe(t.seq) = lineage.recipe(a.seq)
    ORDER BY t.seq
    LIMIT max_rows;
$$;

-- 21. The same bytes with another history.
CREATE FUNCTION lineage.content_twins(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    artifact text, name text, recipe text, recorded_at timestamptz, truncated boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(t.digest, 'hex'), lineage.name_of(t.seq), lineage.recipe(t.seq), t.recorded_at,
        count(*) OVER () > max_rows
    FROM lineage.artifact a
    JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
    WHERE a.seq = lineage.resolve(ref) AND lineage.recipe(t.seq) <> lineage.recipe(a.seq)
    ORDER BY t.seq
    LIMIT max_rows;
$$;

-- 22. What the ledger lacks. Blobs are compared with rows by `palimpsest lineage audit`.
CREATE FUNCTION lineage.orphans(max_rows integer DEFAULT 10000) RETURNS TABLE (
    problem text, artifact text, name text, recorded_at timestamptz, truncated boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.problem, encode(a.digest, 'hex'), lineage.name_of(a.seq), a.recorded_at,
        count(*) OVER () > max_rows
    FROM (
        SELECT 'import without licence' AS problem, i.artifact AS seq FROM lineage.import i
        JOIN lineage.artifact x ON x.seq = i.artifact
        WHERE i.licence IS NULL AND x.kind <> 'forget_set'
        UNION ALL
        SELECT 'unlearned without evidence', x.seq FROM lineage.artifact x
        JOIN lineage.run r ON r.seq = x.run
        WHERE r.kind = 'unlearn' AND x.kind IN ('checkpoint', 'adapter')
            AND NOT EXISTS (SELECT FROM lineage.evidence e WHERE e.subject = x.seq)
        UNION ALL
        SELECT 'request without source', q.forget_set FROM lineage.forget_request q
        WHERE q.basis <> 'job'
            AND NOT EXISTS (SELECT FROM lineage.exposure_source s WHERE s.request = q.seq)
    ) p
    JOIN lineage.artifact a ON a.seq = p.seq
    ORDER BY p.problem, a.seq
    LIMIT max_rows;
$$;

-- 24. The ancestry as a graph for Graphviz.
CREATE FUNCTION lineage.lineage_dot(ref text, max_rows integer DEFAULT 1000) RETURNS TABLE (
    line text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    found bigint[];
BEGIN
    WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
    )
    SELECT array_agg(u.seq) INTO found FROM (SELECT up.seq FROM up LIMIT max_rows) u;
    RETURN QUERY
    SELECT 'digraph lineage {'
    UNION ALL SELECT '  rankdir=BT; node [shape=box];'
    UNION ALL (
        SELECT format(
            '  "%s" [label="%s\n%s"];', left(encode(a.digest, 'hex'), 12),
            replace(coalesce(lineage.name_of(a.seq), a.name), '"', '\"'),
            a.kind || coalesce(', ' || r.method, '')
        )
        FROM unnest(found) f (seq)
        JOIN lineage.artifact a ON a.seq = f.seq
        LEFT JOIN lineage.run r ON r.seq = a.run
        ORDER BY a.seq
    )
    UNION ALL (
        SELECT format(
            '  "%s" -> "%s" [label="%s"];', left(encode(c.digest, 'hex'), 12),
            left(encode(p.digest, 'hex'), 12), e.role
        )
        FROM unnest(found) f (seq)
        JOIN lineage.edge e ON e.child = f.seq
        JOIN unnest(found) g (seq) ON g.seq = e.parent
        JOIN lineage.artifact c ON c.seq = e.child
        JOIN lineage.artifact p ON p.seq = e.parent
        ORDER BY c.seq, p.seq, e.role
    )
    UNION ALL SELECT '  // cut after ' || max_rows || ' artifacts'
    WHERE cardinality(found) = max_rows
    UNION ALL SELECT '}';
END $$;

-- The same as rows, for programs.
CREATE FUNCTION lineage.edges_of(ref text, max_rows integer DEFAULT 10000) RETURNS TABLE (
    child text, child_name text, role text, parent text, parent_name text, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
    ), taken AS MATERIALIZED (
        SELECT e.child, e.parent, e.role FROM up JOIN lineage.edge e ON e.child = up.seq
        LIMIT max_rows + 1
    )
    SELECT
        encode(c.digest, 'hex'), lineage.name_of(c.seq), t.role, encode(p.digest, 'hex'),
        lineage.name_of(p.seq), (SELECT count(*) > max_rows FROM taken)
    FROM taken t
    JOIN lineage.artifact c ON c.seq = t.child
    JOIN lineage.artifact p ON p.seq = t.parent
    ORDER BY c.seq DESC, p.seq, t.role
    LIMIT max_rows;
END $$;

-- 25. The job that made an artifact: attempts, epochs, where it went on, who was fenced.
CREATE FUNCTION lineage.job_of(ref text) RETURNS TABLE (
    job uuid, kind text, method text, name text, state text, epoch bigint, attempts integer,
    resumed_from bigint, lost_epochs bigint[], run_id uuid, started_at timestamptz,
    sealed_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY SELECT
        r.job, r.kind, r.method, j.name, j.state, r.epoch, r.attempts, r.resumed_from,
        ARRAY(
            SELECT t.epoch FROM queue.job_transition t
            WHERE t.job = r.job AND t.reason = 'lost' ORDER BY t.epoch
        ),
        r.run_id, r.started_at, r.sealed_at
    FROM lineage.artifact a
    JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN queue.job j ON j.id = r.job
    WHERE a.seq = asked;
END $$;

CREATE FUNCTION lineage.artifacts_of(job uuid) RETURNS TABLE (
    artifact text, content text, kind text, output text, name text, bytes bigint,
    recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(a.digest, 'hex'), encode(a.content_digest, 'hex'), a.kind, a.name,
        lineage.name_of(a.seq), a.bytes, a.recorded_at
    FROM lineage.run r JOIN lineage.artifact a ON a.run = r.seq
    WHERE r.job = artifacts_of.job
    ORDER BY a.seq;
$$;
