-- The rules of verdicts and the questions about them, which changed side by side, count alike: what was
-- measured beside the parent takes a pass with it in every answer, numbers are shown of the evidence
-- that decides, and what was measured near other classes is no evidence for a request.

CREATE OR REPLACE FUNCTION lineage.lapses(
    evidence bigint, verdict bigint, as_of timestamptz
) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v lineage.verdict;
    wanted integer;
BEGIN
    SELECT * INTO v FROM lineage.verdict x WHERE x.seq = lapses.verdict;
    SELECT p.min_pairs INTO wanted FROM lineage.policy p WHERE p.seq = v.policy;
    RETURN ARRAY(
        SELECT r.reason FROM (VALUES
            ('evidence_corrected', lineage.corrected('lineage.evidence', evidence, as_of)),
            ('evaluator_revoked', (
                SELECT lineage.revoked(e.evaluator, as_of) FROM lineage.evidence e
                WHERE e.seq = evidence
            )),
            ('no_parent_evidence', v.result = 'pass'
                AND NOT lineage.beside_parent(v.artifact, v.request, wanted, as_of)),
            ('verdict_corrected', lineage.corrected('lineage.verdict', v.seq, as_of)),
            ('verdict_superseded',
                (lineage.current_verdict(v.artifact, v.request, as_of)).seq <> v.seq),
            ('policy_replaced', lineage.policy_of(v.request, as_of) <> v.policy)
        ) r (reason, so)
        WHERE r.so
    );
END $$;

-- The newest evidence in force of `subject` against `reference`, for one request or, with null, any;
-- on enough pairs, where there is such.
CREATE OR REPLACE FUNCTION lineage.measured(
    subject bigint, reference bigint, request bigint, as_of timestamptz
) RETURNS lineage.evidence
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found lineage.evidence;
BEGIN
    SELECT e.* INTO found FROM lineage.evidence e
    LEFT JOIN lineage.policy p ON p.seq = lineage.policy_of(e.request, as_of)
    WHERE e.subject = measured.subject AND e.reference = measured.reference
        AND (measured.request IS NULL OR e.request = measured.request)
        AND e.recorded_at <= as_of AND lineage.lapses(e.seq, NULL, as_of) = '{}'
    ORDER BY coalesce(e.n >= p.min_pairs, false) DESC, e.seq DESC
    LIMIT 1;
    RETURN found;
END $$;

DO $$
DECLARE
    told text := pg_get_functiondef(
        'lineage.seal_evidence(queue.job, bigint, jsonb)'::regprocedure
    );
    mended text := replace(
        told, '''leak_retained''', '''leak_retained'', ''integrity_normalised_near'', '
            '''integrity_normalised_far'', ''integrity_featdist_near'', ''integrity_featdist_far'''
    );
BEGIN
    IF mended = told THEN RAISE EXCEPTION 'seal_evidence strips nothing'; END IF;
    EXECUTE mended;
END $$;
