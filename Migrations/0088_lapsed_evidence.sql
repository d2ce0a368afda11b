-- As before, but that evidence which lapsed is not told as none.

CREATE OR REPLACE FUNCTION lineage.judge(ref text, request text) RETURNS TABLE (
    result text, reasons text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    about bigint := lineage.request_number(request);
    on_this bigint;
    made lineage.verdict;
BEGIN
    SELECT e.seq INTO on_this FROM lineage.evidence e
    JOIN lineage.artifact a ON a.seq = e.subject AND a.original = e.reference
    WHERE e.subject = asked AND e.request = about AND NOT lineage.revoked(e.evaluator, 'infinity')
        AND NOT lineage.corrected('lineage.evidence', e.seq, 'infinity')
    ORDER BY e.seq DESC
    LIMIT 1;
    IF on_this IS NULL AND EXISTS (
        SELECT FROM lineage.evidence e WHERE e.subject = asked AND e.request = about
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
