-- The seal: everything that a job has to show for itself, in one transaction or not at all.

-- Records one output with its edges. `output`: {name, kind, content, bytes, info, manifest};
-- `edges`: [{output, input, role}], where an input is a role of the job's pinned inputs.
CREATE FUNCTION lineage.seal_output(
    made lineage.run, inputs jsonb, output jsonb, edges jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parents jsonb;
    parent lineage.artifact;
    weights boolean := output ->> 'kind' = 'checkpoint';
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
    -- Parents are found before the child gets its number, so their numbers are smaller.
    SELECT jsonb_agg(jsonb_build_object('seq', a.seq, 'role', e ->> 'role')) INTO parents
    FROM jsonb_array_elements(edges) e
    LEFT JOIN jsonb_array_elements(inputs) i ON i ->> 'role' = e ->> 'input'
    LEFT JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
    WHERE e ->> 'output' = output ->> 'name';
    IF parents @> '[{"seq": null}]' THEN
        RAISE EXCEPTION 'an edge of output ''%'' names an input that the job does not have',
            output ->> 'name' USING ERRCODE = 'PL003';
    END IF;
    SELECT a.* INTO parent FROM jsonb_array_elements(parents) p
    JOIN lineage.artifact a ON a.seq = (p ->> 'seq')::bigint WHERE p ->> 'role' = 'init';
    number := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
    INSERT INTO lineage.artifact (
        seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born,
        original, weight_root, weight_depth
    ) OVERRIDING SYSTEM VALUE VALUES (
        number, sha256(convert_to(output ->> 'manifest', 'UTF8')),
        decode(output ->> 'content', 'hex'), output ->> 'kind', output ->> 'name',
        convert_to(output ->> 'manifest', 'UTF8'), (output ->> 'bytes')::bigint,
        output -> 'info', made.seq, pg_current_xact_id(),
        CASE WHEN weights THEN
            coalesce(parent.original, CASE made.kind WHEN 'unlearn' THEN parent.seq END)
        END,
        CASE WHEN weights THEN coalesce(parent.weight_root, number) END,
        CASE WHEN weights THEN coalesce(parent.weight_depth + 1, 0) END
    );
    INSERT INTO lineage.edge (child, parent, role, run)
    SELECT number, (p ->> 'seq')::bigint, p ->> 'role', made.seq
    FROM jsonb_array_elements(parents) p
    ON CONFLICT DO NOTHING;
END $$;

-- Finishes the job as succeeded. `metrics`: [{name, value, low, high, info, subject, reference}],
-- where subject and reference are roles of inputs; without a subject it is the main output.
-- Returns the digests of the outputs.
CREATE FUNCTION queue.complete(
    job uuid, epoch bigint, outputs jsonb, edges jsonb, metrics jsonb
) RETURNS TABLE (output text, artifact text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(complete.job, complete.epoch);
    made lineage.run;
    item jsonb;
    main bigint;
BEGIN
    INSERT INTO lineage.run (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
    VALUES (
        j.id, j.epoch, j.kind, coalesce(j.spec ->> 'method', j.kind), j.spec, j.spec_digest,
        j.attempt, j.started_at
    ) RETURNING * INTO made;
    FOR item IN SELECT * FROM jsonb_array_elements(outputs) LOOP
        PERFORM lineage.seal_output(made, j.inputs, item, edges);
    END LOOP;
    main := lineage.main_output(made.seq);
    IF j.kind <> 'evaluate' AND NOT EXISTS (
        SELECT FROM lineage.artifact a WHERE a.seq = main AND a.kind = 'checkpoint'
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
    IF j.kind = 'unlearn' THEN
        INSERT INTO lineage.unlearn_application (run, method, forget, params)
        VALUES (made.seq, made.method, j.spec -> 'forget', j.spec - 'method' - 'forget');
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
    IF j.name IS NOT NULL AND main IS NOT NULL THEN
        INSERT INTO lineage.alias_event (name, artifact) VALUES (j.name, main);
    END IF;
    UPDATE queue.job q SET
        state = 'succeeded', reason = 'succeeded', step = coalesce(q.total_steps, q.step),
        failure_class = NULL, failure_message = NULL, lease_owner = NULL,
        lease_expires_at = NULL, finished_at = clock_timestamp()
    WHERE q.id = j.id;
    RETURN QUERY SELECT a.name, encode(a.digest, 'hex') FROM lineage.artifact a
    WHERE a.run = made.seq ORDER BY a.seq;
END $$;

CREATE FUNCTION queue.input_artifact(j queue.job, role text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    SELECT a.seq INTO found FROM jsonb_array_elements(j.inputs) i
    JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
    WHERE i ->> 'role' = input_artifact.role;
    IF found IS NULL THEN
        RAISE EXCEPTION 'job % has no input ''%''', j.id, role USING ERRCODE = 'PL003';
    END IF;
    RETURN found;
END $$;
