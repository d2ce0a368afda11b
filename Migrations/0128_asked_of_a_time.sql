-- What was known at a time has no part in what came later. A witness went through equal bytes that were
-- sealed after it, and seven questions whose answers change could not be asked of a time at all: three
-- follow here, those about what was measured in the next migration.

-- As before, but with equal bytes that were there by `as_of`.
DO $$
DECLARE
    told text := pg_get_functiondef(
        'lineage.shortest(bigint, bigint[], text[], bigint, bigint[], integer)'::regprocedure
    );
    way text := pg_get_functiondef('lineage.witness(bigint, bigint, timestamptz)'::regprocedure);
    step record;
BEGIN
    FOR step IN SELECT * FROM (VALUES
        ('max_hops integer DEFAULT 5000)',
            'max_hops integer DEFAULT 5000, as_of timestamptz DEFAULT ''infinity'')'),
        ('lineage.twins_of(c)', 'lineage.twins_of(c, as_of)'),
        ('lineage.twins_of(l)', 'lineage.twins_of(l, as_of)')
    ) s (was, is_now) LOOP
        IF strpos(told, step.was) = 0 THEN RAISE EXCEPTION 'shortest reads otherwise'; END IF;
        told := replace(told, step.was, step.is_now);
    END LOOP;
    DROP FUNCTION lineage.shortest(bigint, bigint[], text[], bigint, bigint[], integer);
    EXECUTE told;
    IF strpos(way, 'as_of), 1000') = 0 THEN RAISE EXCEPTION 'witness reads otherwise'; END IF;
    EXECUTE replace(way, 'as_of), 1000', 'as_of), 1000, as_of');
END $$;
REVOKE ALL ON FUNCTION lineage.shortest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.shortest TO palimpsest_asker;

-- 8.
DROP FUNCTION lineage.runs_using;
CREATE FUNCTION lineage.runs_using(
    dataset text, max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    job uuid, kind text, method text, artifact text, name text, direct boolean, truncated boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(dataset, as_of);
    found bigint[];
BEGIN
    PERFORM lineage.row_limit(max_rows);
    WITH RECURSIVE down (seq) AS (
        SELECT asked
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE e.role = ANY (lineage.influences())
    )
    -- Looked up one by one, so that the walk ends with the row that is one too many.
    SELECT array_agg(d.seq) INTO found FROM (
        SELECT down.seq FROM down
        WHERE as_of = 'infinity' OR (
            SELECT a.recorded_at FROM lineage.artifact a WHERE a.seq = down.seq
        ) <= as_of
        LIMIT max_rows + 2
    ) d;
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

-- 16.
DO $$
DECLARE
    told text := pg_get_functiondef('lineage.verdicts_depending_on(text, integer)'::regprocedure);
    step record;
BEGIN
    FOR step IN SELECT * FROM (VALUES
        ('max_rows integer DEFAULT 10000)',
            'max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT ''infinity'')'),
        ('WHERE n.supersedes = v.seq', 'WHERE n.supersedes = v.seq AND n.decided_at <= as_of'),
        ('JOIN lineage.verdict v ON v.evidence = e.seq
        WHERE encode(t.digest, ''hex'') LIKE wanted
            OR EXISTS (SELECT FROM unnest(e.metric_models) m WHERE encode(m, ''hex'') LIKE wanted)',
        'JOIN lineage.verdict v ON v.evidence = e.seq AND v.decided_at <= as_of
        WHERE encode(t.digest, ''hex'') LIKE wanted
            OR EXISTS (SELECT FROM unnest(e.metric_models) m WHERE encode(m, ''hex'') LIKE wanted)'),
        ('lineage.live()', 'lineage.live(as_of)')
    ) s (was, is_now) LOOP
        IF strpos(told, step.was) = 0 THEN
            RAISE EXCEPTION 'verdicts_depending_on reads otherwise';
        END IF;
        told := replace(told, step.was, step.is_now);
    END LOOP;
    DROP FUNCTION lineage.verdicts_depending_on(text, integer);
    EXECUTE told;
END $$;

-- 20. A name means what it meant then.
DO $$
DECLARE
    told text := pg_get_functiondef('lineage.unlearning_debt(text, timestamptz)'::regprocedure);
BEGIN
    IF strpos(told, 'lineage.resolve(base)') = 0 THEN
        RAISE EXCEPTION 'unlearning_debt reads otherwise';
    END IF;
    EXECUTE replace(told, 'lineage.resolve(base)', 'lineage.resolve(base, as_of)');
END $$;

-- 21.
DROP FUNCTION lineage.content_twins;
CREATE FUNCTION lineage.content_twins(
    ref text, max_rows integer DEFAULT 10000, as_of timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
    artifact text, name text, recipe text, recorded_at timestamptz, truncated boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(t.digest, 'hex'), lineage.name_of(t.seq), lineage.recipe(t.seq), t.recorded_at,
        count(*) OVER () > max_rows
    FROM lineage.artifact a
    JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
    WHERE a.seq = lineage.resolve(ref, as_of) AND t.recorded_at <= as_of
        AND lineage.recipe(t.seq) <> lineage.recipe(a.seq)
    ORDER BY t.seq
    LIMIT lineage.row_limit(max_rows);
$$;

REVOKE ALL ON FUNCTION
    lineage.runs_using, lineage.verdicts_depending_on, lineage.content_twins
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    lineage.runs_using, lineage.verdicts_depending_on, lineage.content_twins
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor;
GRANT EXECUTE ON FUNCTION lineage.runs_using, lineage.content_twins TO palimpsest_tenant;
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
ALTER FUNCTION lineage.runs_using OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.verdicts_depending_on OWNER TO palimpsest_asker;
ALTER FUNCTION lineage.content_twins OWNER TO palimpsest_asker;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;
