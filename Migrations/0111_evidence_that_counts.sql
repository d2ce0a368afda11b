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

-- As before, but for which requests it counts.
CREATE OR REPLACE FUNCTION lineage.seal_evidence(
    j queue.job, made bigint, metrics jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    measured jsonb;
    subject lineage.artifact;
    reference lineage.artifact;
    judge bytea;
    tool lineage.evaluator;
    about record;
    kept jsonb;
    body jsonb;
    pairs bytea;
    sampler bytea;
    number bigint;
BEGIN
    SELECT jsonb_object_agg(
        m ->> 'name', jsonb_strip_nulls(jsonb_build_object(
            'value', m -> 'value', 'low', m -> 'low', 'high', m -> 'high'
        ))
    ) INTO measured FROM jsonb_array_elements(metrics) m;
    IF NOT coalesce(
        measured ?& ARRAY['integrity_normalised', 'integrity_floor', 'integrity_ceiling'], false
    ) THEN
        RETURN;
    END IF;
    SELECT * INTO subject FROM lineage.artifact a
    WHERE a.seq = queue.input_artifact(j, 'subject');
    SELECT * INTO reference FROM lineage.artifact a
    WHERE a.seq = queue.input_artifact(j, 'original');
    SELECT a.content_digest INTO judge FROM lineage.artifact a
    WHERE a.seq = queue.input_artifact(j, 'classifier');
    SELECT * INTO tool FROM lineage.evaluator v
    WHERE v.protocol = 'featdist' AND NOT lineage.revoked(v.seq, 'infinity')
    ORDER BY v.version DESC, v.seq DESC
    LIMIT 1;
    IF tool.seq IS NULL THEN
        RAISE EXCEPTION 'every evaluator of protocol featdist is revoked' USING
            ERRCODE = 'PL049', HINT = 'register the repaired one: lineage.register_evaluator';
    END IF;
    pairs := sha256(convert_to(jsonb_build_object(
        'seed', j.spec -> 'seed', 'pairs', j.spec -> 'pairs', 'forget', j.spec -> 'forget'
    )::text, 'UTF8'));
    sampler := sha256(convert_to((j.spec -> 'sampler')::text, 'UTF8'));
    -- Before anything is read, so that evidence and verdicts come in one order.
    PERFORM pg_advisory_xact_lock(7215331048);
    FOR about IN
        SELECT u.request, q.id FROM (SELECT) one
        LEFT JOIN lineage.unlearn_application u ON u.run = subject.run
            AND lineage.measured_for(u.run, u.request, j.spec -> 'forget')
        LEFT JOIN lineage.forget_request q ON q.seq = u.request
    LOOP
        -- What was measured of other classes says nothing about any request.
        kept := CASE
            WHEN about.request IS NOT NULL
            THEN measured || jsonb_build_object('forget_samples', jsonb_build_object(
                'value', greatest(
                    jsonb_array_length(j.spec -> 'forget'), (j.spec ->> 'samples')::integer / 4
                )
            ))
            ELSE measured - ARRAY[
                'unlearning_accuracy', 'forget_probability', 'forget_validity', 'leak_null',
                'leak_retained'
            ]
        END;
        body := jsonb_build_object(
            'subject', encode(subject.digest, 'hex'),
            'reference', encode(reference.digest, 'hex'), 'request', about.id, 'job', j.id,
            'evaluator', encode(tool.digest, 'hex'), 'protocol', tool.protocol,
            'protocol_version', tool.version, 'eval_manifest', encode(pairs, 'hex'),
            'sampler_config', encode(sampler, 'hex'),
            'metric_models', jsonb_build_array(encode(judge, 'hex')), 'metrics', kept,
            'n', j.spec -> 'pairs'
        );
        INSERT INTO lineage.evidence (
            canonical, subject, reference, request, run, evaluator, protocol, protocol_version,
            eval_manifest, sampler_config, metric_models, metrics, floor, ceiling, report, n,
            evaluated_at
        ) VALUES (
            convert_to(body::text, 'UTF8'), subject.seq, reference.seq, about.request, made,
            tool.seq, tool.protocol, tool.version, pairs, sampler, ARRAY[judge], kept,
            (measured #>> '{integrity_floor,value}')::double precision,
            (measured #>> '{integrity_ceiling,value}')::double precision,
            (SELECT a.seq FROM lineage.artifact a WHERE a.run = made AND a.kind = 'report'
             ORDER BY a.seq LIMIT 1),
            (j.spec ->> 'pairs')::integer, clock_timestamp()
        ) RETURNING seq INTO number;
        PERFORM lineage.score_evidence(number, 1);
        PERFORM lineage.weigh(number);
    END LOOP;
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
