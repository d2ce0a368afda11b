-- Evidence counts for a request when it measured what the request asks for. That is not for the
-- worker to say: the classes are those of the job as it was taken in, and the items are committed
-- to. What measured other classes is recorded and decides nothing; a look at too few pairs is
-- better than none and takes nothing back.

-- Whether classes that were measured are of what `run` forgot for `request`: none that it did not
-- forget, and all that was asked for, or all that it forgot where nobody knows what was asked for.
CREATE FUNCTION lineage.measured_for(run bigint, request bigint, classes jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT measured_for.classes <@ u.forget AND (
            u.forget <@ measured_for.classes
            OR lineage.holds_items(measured_for.classes, u.request)
        )
        FROM lineage.unlearn_application u
        WHERE u.run = measured_for.run AND u.request = measured_for.request
    ), false);
$$;

-- How many pairs the policy in force asks for.
CREATE FUNCTION lineage.pairs_wanted(request bigint) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.min_pairs FROM lineage.policy p
    WHERE p.seq = lineage.policy_of(pairs_wanted.request, 'infinity');
$$;

-- The newest evidence beside the original that counts: on enough pairs, where there is such.
CREATE FUNCTION lineage.evidence_in_force(artifact bigint, request bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.seq FROM lineage.evidence e
    JOIN lineage.artifact a ON a.seq = e.subject AND a.original = e.reference
    WHERE e.subject = evidence_in_force.artifact AND e.request = evidence_in_force.request
        AND NOT lineage.revoked(e.evaluator, 'infinity')
        AND NOT lineage.corrected('lineage.evidence', e.seq, 'infinity')
    ORDER BY e.n >= lineage.pairs_wanted(e.request) DESC, e.seq DESC
    LIMIT 1;
$$;

-- Decides anew on evidence that was just recorded, where it may.
CREATE FUNCTION lineage.weigh(evidence bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e lineage.evidence;
    wanted integer;
    rests_on integer;
BEGIN
    SELECT x.* INTO e FROM lineage.evidence x
    JOIN lineage.artifact a ON a.seq = x.subject AND a.original = x.reference
    WHERE x.seq = weigh.evidence AND x.request IS NOT NULL;
    IF e.seq IS NULL THEN RETURN; END IF;
    wanted := lineage.pairs_wanted(e.request);
    SELECT x.n INTO rests_on FROM lineage.evidence x
    WHERE x.seq = (lineage.current_verdict(e.subject, e.request, 'infinity')).evidence;
    IF e.n >= wanted OR coalesce(rests_on < wanted, true) THEN
        PERFORM lineage.decide(e.subject, e.request, e.seq, 'policy');
    END IF;
END $$;

-- As before, but that fewer pairs do not come before enough of them.
CREATE OR REPLACE FUNCTION lineage.judge(ref text, request text) RETURNS TABLE (
    result text, reasons text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    about bigint := lineage.request_number(request);
    on_this bigint := lineage.evidence_in_force(asked, about);
    made lineage.verdict;
BEGIN
    IF on_this IS NULL AND EXISTS (
        SELECT FROM lineage.evidence e
        JOIN lineage.artifact a ON a.seq = e.subject AND a.original = e.reference
        WHERE e.subject = asked AND e.request = about
    ) THEN
        RAISE EXCEPTION 'what was measured of ''%'' for request ''%'' counts no more: it was '
            'corrected, or its evaluator revoked', ref, request USING
            ERRCODE = 'PL010', HINT = 'evaluate it with an evaluator that is in force';
    ELSIF on_this IS NULL THEN
        RAISE EXCEPTION 'nothing was measured of ''%'' against its original for request ''%''',
            ref, request USING
            ERRCODE = 'PL010', HINT = 'evaluate it with metrics integrity and forgetting';
    END IF;
    made := lineage.decide(asked, about, on_this, session_user);
    RETURN QUERY SELECT made.result, made.reasons;
END $$;

REVOKE ALL ON FUNCTION
    lineage.measured_for, lineage.pairs_wanted, lineage.evidence_in_force, lineage.weigh
FROM PUBLIC;
