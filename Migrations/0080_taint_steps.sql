-- The step that taint takes, and the way to equal bytes, are told once: five functions repeated
-- them. Both are taken into the plans of those who call them, as if they still stood there; so they
-- have no settings of their own, and what they name is bound when they are made.

-- Whether an edge hands taint of `request` to its child.
CREATE FUNCTION lineage.carries(
    role text, excludes bigint[], child bigint, request bigint, passed bigint[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (excludes IS NULL OR request <> ALL (excludes))
    AND NOT (role IN ('init', 'merge', 'anchor') AND child = ANY (passed));

DROP FUNCTION lineage.twins_of(bigint);
-- The other artifacts with the same bytes that were there by `as_of`.
CREATE FUNCTION lineage.twins_of(
    artifact bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT t.seq FROM lineage.content_twin c
    JOIN lineage.artifact a ON a.seq = c.artifact
    JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
    WHERE c.artifact = twins_of.artifact AND t.recorded_at <= as_of;
END;
REVOKE ALL ON FUNCTION lineage.carries, lineage.twins_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.carries, lineage.twins_of TO palimpsest_asker;

DO $$
DECLARE
    step text := '\(e\.excludes IS NULL OR (request|about) <> ALL \(e\.excludes\)\)\s+'
        'AND NOT \(e\.role IN \(''init'', ''merge'', ''anchor''\) AND e\.child = ANY \(passed\)\)';
    twins text := 'SELECT t\.seq FROM lineage\.content_twin c\s+'
        'JOIN lineage\.artifact a ON a\.seq = c\.artifact\s+JOIN lineage\.artifact t\s+'
        'ON t\.content_digest = a\.content_digest AND t\.seq <> a\.seq\s+'
        'WHERE c\.artifact = up\.seq AND t\.recorded_at <= as_of';
    told record;
    mended integer := 0;
BEGIN
    FOR told IN
        SELECT p.oid::regprocedure AS name, pg_get_functiondef(p.oid) AS whole FROM pg_proc p
        WHERE p.pronamespace = 'lineage'::regnamespace 
            AND (p.prosrc ~ step OR p.prosrc ~ twins)
    LOOP
        EXECUTE regexp_replace(
            regexp_replace(
                told.whole, step, 'lineage.carries(e.role, e.excludes, e.child, \1, passed)', 'g'
            ),
            twins, 'SELECT t.seq FROM lineage.twins_of(up.seq, as_of) t (seq)', 'g'
        );
        mended := mended + 1;
    END LOOP;
    IF mended <> 5 THEN RAISE EXCEPTION '% functions repeat the step, not 5', mended; END IF;
END $$;
