-- The seal's half in the ledger, which fills in requests, applications, evidence, scores and
-- verdicts by itself; and what officers and deployers write.

-- Records an artifact without parents that comes from outside; the same again changes nothing.
CREATE FUNCTION lineage.record_import(
    manifest bytea, content bytea, kind text, output text, bytes bigint, info jsonb, source text,
    licence text
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    weights boolean := kind IN ('checkpoint', 'adapter');
    made bigint;
BEGIN
    IF convert_from(manifest, 'UTF8')::jsonb IS DISTINCT FROM jsonb_build_object(
        'content', encode(content, 'hex'), 'import', source, 'output', output
    ) THEN
        RAISE EXCEPTION 'the manifest does not describe this import' USING ERRCODE = 'PL012';
    END IF;
    SELECT a.seq INTO made FROM lineage.artifact a WHERE a.digest = sha256(manifest);
    IF made IS NOT NULL THEN RETURN made; END IF;
    made := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
    INSERT INTO lineage.artifact (
        seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, born,
        weight_root, weight_depth, generation, origin_roots
    ) OVERRIDING SYSTEM VALUE VALUES (
        made, sha256(manifest), content, kind, output, manifest, bytes, info,
        pg_current_xact_id(), CASE WHEN weights THEN made END, CASE WHEN weights THEN 0 END,
        0, ARRAY[made]
    );
    INSERT INTO lineage.import (artifact, source, licence)
    VALUES (made, record_import.source, record_import.licence);
    RETURN made;
END $$;

CREATE OR REPLACE FUNCTION lineage.register_import(
    manifest bytea, content bytea, kind text, output text, bytes bigint, info jsonb, source text,
    licence text, name text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint := lineage.record_import(
        manifest, content, kind, output, bytes, info, source, licence
    );
BEGIN
    IF name IS NOT NULL AND NOT EXISTS (
        SELECT FROM lineage.alias l WHERE l.name = register_import.name AND l.artifact = made
    ) THEN
        INSERT INTO lineage.alias_event (name, artifact)
        VALUES (register_import.name, made);
    END IF;
    RETURN encode(sha256(manifest), 'hex');
END $$;

-- Opens a request with its forget set, whose content is the commitment itself.
CREATE FUNCTION lineage.open_request(
    name text, scope text, commitment bytea, items integer, basis text, due_at timestamptz,
    policy text
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held bigint;
    made bigint;
BEGIN
    IF EXISTS (SELECT FROM lineage.alias l WHERE l.name = open_request.name) THEN
        RAISE EXCEPTION 'the name ''%'' is taken', name USING
            ERRCODE = 'PL056', HINT = 'give the request a name that nothing has';
    END IF;
    held := lineage.record_import(
        convert_to(
            '{"content":"' || encode(commitment, 'hex') || '","import":"forget:' || name
                || '","output":"forget_set"}',
            'UTF8'
        ),
        commitment, 'forget_set', 'forget_set', 0, jsonb_build_object('items', items),
        'forget:' || name, NULL
    );
    INSERT INTO lineage.alias_event (name, artifact) VALUES (open_request.name, held);
    INSERT INTO lineage.forget_request (
        name, scope, commitment, items, forget_set, basis, policy, due_at
    ) VALUES (
        open_request.name, open_request.scope, open_request.commitment, open_request.items, held,
        open_request.basis, open_request.policy, open_request.due_at
    ) RETURNING seq INTO made;
    RETURN made;
END $$;

-- The requests that an unlearning job names among its inputs. One that names none is an experiment
-- and gets a request of its own without a source: it is judged like any other and taints nothing.
CREATE FUNCTION lineage.requests_of(j queue.job) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint[];
BEGIN
    SELECT array_agg(DISTINCT q.seq) INTO found FROM jsonb_array_elements(j.inputs) i
    JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
    JOIN lineage.forget_request q ON q.forget_set = a.seq;
    IF found IS NOT NULL THEN RETURN found; END IF;
    RETURN ARRAY[lineage.open_request(
        'job-' || j.id, 'concept',
        sha256(convert_to(j.id || (j.spec ->> 'forget'), 'UTF8')),
        jsonb_array_length(j.spec -> 'forget'), 'job', NULL, 'default'
    )];
END $$;

DROP FUNCTION lineage.seal_output(lineage.run, jsonb, jsonb, jsonb);

-- Records one output with its edges. `output`: {name, kind, content, bytes, info, manifest};
-- `edges`: [{output, input, role}], where an input is a role of the job's pinned inputs.
-- Parents are found before the child gets its number, so their numbers are smaller.
CREATE FUNCTION lineage.seal_output(
    made lineage.run, inputs jsonb, output jsonb, edges jsonb, requests bigint[]
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    weights boolean := output ->> 'kind' IN ('checkpoint', 'adapter');
    parents bigint[];
    roles text[];
    way lineage.artifact;
    began bigint;
    number bigint;
BEGIN
    IF convert_from(convert_to(output ->> 'manifest', 'UTF8'), 'UTF8')::jsonb
        IS DISTINCT FROM jsonb_build_object(
            'content', output ->> 'content', 'job', made.job, 'output', output ->> 'name'
        )
    THEN
        RAISE EXCEPTION 'the manifest of output ''%'' does not describe it', output ->> 'name'
            USING ERRCODE = 'PL012';
    END IF;
    SELECT array_agg(p.seq), array_agg(p.role) INTO parents, roles FROM (
        SELECT a.seq, e ->> 'role' AS role
        FROM jsonb_array_elements(edges) e
        LEFT JOIN jsonb_array_elements(inputs) i ON i ->> 'role' = e ->> 'input'
        LEFT JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
        WHERE e ->> 'output' = output ->> 'name'
        UNION
        SELECT q.forget_set, 'forget_set' FROM lineage.forget_request q
        WHERE weights AND q.seq = ANY (requests)
    ) p;
    IF array_position(parents, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'an edge of output ''%'' names an input that the job does not have',
            output ->> 'name' USING ERRCODE = 'PL003';
    END IF;
    SELECT a.* INTO way FROM lineage.artifact a
    WHERE a.seq = lineage.weight_parent(parents, roles);
    SELECT coalesce(a.original, a.seq) INTO began FROM unnest(parents, roles) p (seq, role)
    JOIN lineage.artifact a USING (seq)
    WHERE p.role = CASE WHEN made.method = 'retrain' THEN 'replaces' ELSE 'init' END;
    number := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
    INSERT INTO lineage.artifact (
        seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born,
        original, weight_root, weight_depth, generation, origin_roots
    ) OVERRIDING SYSTEM VALUE VALUES (
        number, sha256(convert_to(output ->> 'manifest', 'UTF8')),
        decode(output ->> 'content', 'hex'), output ->> 'kind', output ->> 'name',
        convert_to(output ->> 'manifest', 'UTF8'), (output ->> 'bytes')::bigint,
        output -> 'info', made.seq, pg_current_xact_id(),
        CASE WHEN weights THEN
            CASE WHEN made.kind = 'unlearn' THEN began ELSE way.original END
        END,
        CASE WHEN weights THEN coalesce(way.weight_root, number) END,
        CASE WHEN weights THEN coalesce(way.weight_depth + 1, 0) END,
        coalesce((
            SELECT max(a.generation) + 1 FROM lineage.artifact a WHERE a.seq = ANY (parents)
        ), 0),
        lineage.origins(number, parents)
    );
    -- What an unlearning run is given to keep is the data without what the requests name.
    INSERT INTO lineage.edge (child, parent, role, run, excludes)
    SELECT number, p.seq, p.role, made.seq, CASE p.role WHEN 'retain_set' THEN requests END
    FROM unnest(parents, roles) p (seq, role);
END $$;

-- Evidence of a pair, with its scores, and where it compares with θ0 the verdict that follows.
CREATE FUNCTION lineage.seal_evidence(j queue.job, made bigint, metrics jsonb) RETURNS void
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
    FOR about IN
        SELECT u.request, q.id, u.forget FROM (SELECT) one
        LEFT JOIN lineage.unlearn_application u ON u.run = subject.run
        LEFT JOIN lineage.forget_request q ON q.seq = u.request
    LOOP
        -- What was measured of other classes says nothing about this request.
        kept := CASE
            WHEN about.forget @> (j.spec -> 'forget') AND about.forget <@ (j.spec -> 'forget')
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
        IF about.request IS NOT NULL AND reference.seq = subject.original THEN
            PERFORM lineage.decide(subject.seq, about.request, number, 'policy');
        END IF;
    END LOOP;
END $$;

-- Applies a formula to evidence; the same again changes nothing.
CREATE FUNCTION lineage.score_evidence(evidence bigint, formula integer) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.score (evidence, formula, name, value, ci_low, ci_high, raw)
    SELECT e.seq, score_evidence.formula, s.name, s.value, s.ci_low, s.ci_high, s.raw
    FROM lineage.evidence e
    CROSS JOIN LATERAL lineage.scores_of(e.metrics, score_evidence.formula) s
    WHERE e.seq = score_evidence.evidence
    ON CONFLICT DO NOTHING;
$$;

-- Gives the verdict that the policy in force makes of `evidence`, over the one before.
CREATE FUNCTION lineage.decide(
    artifact bigint, request bigint, evidence bigint, decided_by text
) RETURNS lineage.verdict
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    policy bigint;
    due record;
    made lineage.verdict;
BEGIN
    -- Before the current verdict is read, so that two deciders take turns.
    PERFORM pg_advisory_xact_lock(7215331048);
    policy := lineage.policy_of(request, 'infinity');
    due := lineage.judgement(evidence, policy);
    INSERT INTO lineage.verdict (
        artifact, request, policy, evidence, result, reasons, supersedes, decided_by
    ) VALUES (
        decide.artifact, decide.request, policy, decide.evidence, due.result, due.reasons,
        (lineage.current_verdict(decide.artifact, decide.request, 'infinity')).seq,
        decide.decided_by
    ) RETURNING * INTO made;
    RETURN made;
END $$;

-- Records everything that a job has to show for itself and returns the number of its run.
-- `metrics`: [{name, value, low, high, info, subject, reference}], where subject and reference
-- are roles of inputs; without a subject it is the main output.
CREATE FUNCTION lineage.seal_run(
    j queue.job, outputs jsonb, edges jsonb, metrics jsonb
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made lineage.run;
    requests bigint[];
    item jsonb;
    main bigint;
BEGIN
    INSERT INTO lineage.run (
        job, epoch, kind, method, spec, spec_digest, attempts, started_at, seed, resumed_from
    ) VALUES (
        j.id, j.epoch, j.kind, coalesce(j.spec ->> 'method', j.kind), j.spec, j.spec_digest,
        j.attempt, j.started_at,
        coalesce(j.spec #>> '{seed}', j.spec #>> '{work,seed}')::bigint, j.resumed_step
    ) RETURNING * INTO made;
    IF j.kind = 'unlearn' THEN
        requests := lineage.requests_of(j);
        INSERT INTO lineage.unlearn_application (
            run, request, method, forget, params, params_digest
        )
        SELECT
            made.seq, q, made.method, j.spec -> 'forget', p, sha256(convert_to(p::text, 'UTF8'))
        FROM unnest(requests) q CROSS JOIN (SELECT j.spec - 'method' - 'forget') x (p);
    END IF;
    FOR item IN SELECT * FROM jsonb_array_elements(outputs) LOOP
        PERFORM lineage.seal_output(made, j.inputs, item, edges, requests);
    END LOOP;
    main := lineage.main_output(made.seq);
    IF j.kind <> 'evaluate' AND NOT EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = main AND a.kind IN ('checkpoint', 'adapter')
    ) THEN
        RAISE EXCEPTION 'job % made no checkpoint', j.id USING ERRCODE = 'PL003';
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_array_elements(edges) e WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements(outputs) o WHERE o ->> 'name' = e ->> 'output'
        )
    ) THEN
        RAISE EXCEPTION 'an edge of job % names an output that is not there', j.id
            USING ERRCODE = 'PL003';
    END IF;
    INSERT INTO lineage.metric (subject, reference, run, name, value, low, high, info)
    SELECT
        CASE WHEN m ->> 'subject' IS NULL THEN main
            ELSE queue.input_artifact(j, m ->> 'subject') END,
        CASE WHEN m ->> 'reference' IS NOT NULL
            THEN queue.input_artifact(j, m ->> 'reference') END,
        made.seq, m ->> 'name', (m ->> 'value')::double precision,
        (m ->> 'low')::double precision, (m ->> 'high')::double precision,
        coalesce(m -> 'info', '{}')
    FROM jsonb_array_elements(metrics) m;
    IF j.kind = 'evaluate' THEN PERFORM lineage.seal_evidence(j, made.seq, metrics); END IF;
    IF j.name IS NOT NULL AND main IS NOT NULL THEN
        INSERT INTO lineage.alias_event (name, artifact) VALUES (j.name, main);
    END IF;
    RETURN made.seq;
END $$;

-- A worker's role may be for one kind of run; it then seals no other.
CREATE FUNCTION lineage.check_writer(kind text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    caller text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    IF NOT pg_has_role(caller, 'palimpsest_worker', 'MEMBER')
        AND NOT pg_has_role(caller, 'palimpsest_worker_' || kind, 'MEMBER')
    THEN
        RAISE EXCEPTION 'role % does not seal runs of kind ''%''', caller, kind
            USING ERRCODE = '42501';
    END IF;
END $$;

-- Finishes the job as succeeded and returns the digests of its outputs.
CREATE OR REPLACE FUNCTION queue.complete(
    job uuid, epoch bigint, outputs jsonb, edges jsonb, metrics jsonb
) RETURNS TABLE (output text, artifact text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(complete.job, complete.epoch);
    made bigint;
BEGIN
    PERFORM lineage.check_writer(j.kind);
    made := lineage.seal_run(j, outputs, edges, metrics);
    UPDATE queue.job q SET
        state = 'succeeded', reason = 'succeeded', step = coalesce(q.total_steps, q.step),
        failure_class = NULL, failure_message = NULL, lease_owner = NULL,
        lease_expires_at = NULL, finished_at = clock_timestamp()
    WHERE q.id = j.id;
    RETURN QUERY SELECT a.name, encode(a.digest, 'hex') FROM lineage.artifact a
    WHERE a.run = made ORDER BY a.seq;
END $$;
