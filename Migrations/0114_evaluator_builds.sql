-- Evidence is credited to the program that measured it: the digest of the evaluating worker's code,
-- which its run carries. A build that nobody registered is registered by its first evidence, as it
-- says of itself, and can be revoked like any other, without what other builds measured.

-- What measured in `run`. The constant stands for a build that is not known.
CREATE FUNCTION lineage.build_of(run bigint) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(r.code_digest, sha256('palimpsest.evaluation.featdist.v1'))
    FROM lineage.run r WHERE r.seq = build_of.run;
$$;

-- The same, registered.
CREATE FUNCTION lineage.evaluator_of(run bigint) RETURNS lineage.evaluator
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    build bytea := lineage.build_of(run);
    found lineage.evaluator;
BEGIN
    SELECT * INTO found FROM lineage.evaluator v WHERE v.digest = build;
    IF found.seq IS NULL THEN
        -- Somebody else may register it just now.
        INSERT INTO lineage.evaluator (digest, protocol, version) VALUES (build, 'featdist', 1)
        ON CONFLICT (digest) DO NOTHING;
        SELECT * INTO found FROM lineage.evaluator v WHERE v.digest = build;
    END IF;
    IF found.protocol <> 'featdist' THEN
        RAISE EXCEPTION 'the evaluator %, which measured this, is registered for protocol %, not '
            'for featdist', encode(build, 'hex'), found.protocol USING ERRCODE = 'PL049';
    END IF;
    RETURN found;
END $$;

-- As before, but for the requests that it counts for, and with the run's own evaluator.
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
    pairs := sha256(convert_to(jsonb_build_object(
        'seed', j.spec -> 'seed', 'pairs', j.spec -> 'pairs', 'forget', j.spec -> 'forget'
    )::text, 'UTF8'));
    sampler := sha256(convert_to((j.spec -> 'sampler')::text, 'UTF8'));
    -- Before anything is read, so that evidence and verdicts come in one order.
    PERFORM pg_advisory_xact_lock(7215331048);
    tool := lineage.evaluator_of(made);
    IF lineage.revoked(tool.seq, 'infinity') THEN
        RAISE EXCEPTION 'the evaluator %, which measured this, is revoked',
            encode(tool.digest, 'hex') USING
            ERRCODE = 'PL049', HINT = 'evaluate with another build of the worker';
    END IF;
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

-- I12, as before, and that the evaluator is the program of its run.
CREATE OR REPLACE FUNCTION lineage.check_evidence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made lineage.run;
BEGIN
    SELECT * INTO made FROM lineage.run r WHERE r.seq = new.run;
    IF made.kind IS DISTINCT FROM 'evaluate' OR EXISTS (
        SELECT FROM lineage.artifact a WHERE a.seq = new.subject AND a.run = new.run
    ) THEN
        RAISE EXCEPTION 'run % cannot be both the maker and the judge', new.run
            USING ERRCODE = 'PL048';
    END IF;
    IF NOT EXISTS (
        SELECT FROM lineage.evaluator v
        WHERE v.seq = new.evaluator AND v.protocol = new.protocol
            AND v.version = new.protocol_version
    ) OR lineage.revoked(new.evaluator, 'infinity') THEN
        RAISE EXCEPTION 'evaluator % does not stand for protocol % version %, or is revoked',
            new.evaluator, new.protocol, new.protocol_version USING ERRCODE = 'PL049';
    END IF;
    IF NOT EXISTS (
        SELECT FROM lineage.evaluator v
        WHERE v.seq = new.evaluator AND v.digest = lineage.build_of(new.run)
    ) THEN
        RAISE EXCEPTION 'evaluator % is not the program that run % was made with', new.evaluator,
            new.run USING ERRCODE = 'PL049';
    END IF;
    IF NOT lineage.comparable(new.subject, new.reference) THEN
        RAISE EXCEPTION 'artifact % is not an original of artifact %', new.reference, new.subject
            USING ERRCODE = 'PL039';
    END IF;
    IF new.request IS NOT NULL AND NOT EXISTS (
        SELECT FROM lineage.artifact a JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.seq = new.subject AND u.request = new.request
    ) THEN
        RAISE EXCEPTION 'artifact % was not made to fulfil request %', new.subject, new.request
            USING ERRCODE = 'PL050';
    END IF;
    RETURN new;
END $$;

REVOKE ALL ON FUNCTION lineage.build_of, lineage.evaluator_of FROM PUBLIC;
