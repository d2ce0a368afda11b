-- What no program, its owner's included, can do: each rule is a trigger of the table it guards.

-- Jobs ---------------------------------------------------------------------------------------

CREATE FUNCTION queue.guard_job() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'jobs are never deleted' USING ERRCODE = 'PL020';
    END IF;
    IF old.state IN ('succeeded', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'job % is %, and stays so', old.id, old.state USING ERRCODE = 'PL021';
    END IF;
    IF (new.id, new.kind, new.name, new.spec, new.canonical, new.inputs, new.created_at)
        IS DISTINCT FROM
        (old.id, old.kind, old.name, old.spec, old.canonical, old.inputs, old.created_at)
    THEN
        RAISE EXCEPTION 'what job % asked for cannot change', old.id USING ERRCODE = 'PL022';
    END IF;
    IF old.state = 'queued' AND new.state IN ('succeeded', 'failed') THEN
        RAISE EXCEPTION 'job % cannot go from queued to %', old.id, new.state
            USING ERRCODE = 'PL023';
    END IF;
    IF new.epoch <> old.epoch + (old.state = 'queued' AND new.state = 'running')::integer THEN
        RAISE EXCEPTION 'the epoch of job % grows by one with each claim, and only then', old.id
            USING ERRCODE = 'PL024';
    END IF;
    new.version := old.version + (new.state <> old.state)::integer;
    RETURN new;
END $$;

CREATE TRIGGER guard_job BEFORE UPDATE OR DELETE ON queue.job
FOR EACH ROW EXECUTE FUNCTION queue.guard_job();
CREATE TRIGGER guard_job_truncate BEFORE TRUNCATE ON queue.job
FOR EACH STATEMENT EXECUTE FUNCTION queue.guard_job();

-- The CloudEvent that tells of a job's new state.
CREATE FUNCTION queue.job_event(j queue.job) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO queue.outbox (topic, key, headers, value)
    SELECT
        'jobs.events.v1',
        j.id::text,
        jsonb_build_object(
            'ce_specversion', '1.0',
            'ce_id', j.id || '/' || j.version,
            'ce_source', '/palimpsest/queue',
            'ce_type', 'job.' || j.reason || '.v1',
            'ce_subject', j.id,
            'ce_time', to_char(
                clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
            ),
            'content-type', 'application/json'
        ),
        convert_to(jsonb_strip_nulls(jsonb_build_object(
            'job_id', j.id, 'kind', j.kind, 'name', j.name, 'state', j.state, 'reason', j.reason,
            'epoch', j.epoch, 'attempt', j.attempt, 'step', j.step, 'total_steps', j.total_steps,
            'failure_class', j.failure_class, 'failure_message', j.failure_message,
            'outputs', (
                SELECT jsonb_agg(jsonb_build_object(
                    'name', a.name, 'kind', a.kind, 'artifact', encode(a.digest, 'hex')
                ) ORDER BY a.seq)
                FROM lineage.artifact a
                JOIN lineage.run r ON r.seq = a.run
                WHERE j.state = 'succeeded' AND r.job = j.id
            )
        ))::text, 'UTF8');
$$;

CREATE FUNCTION queue.record_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.job_transition (job, seq, from_state, to_state, reason, epoch, detail)
    VALUES (
        new.id,
        new.version,
        CASE WHEN TG_OP = 'UPDATE' THEN old.state END,
        new.state,
        new.reason,
        new.epoch,
        CASE WHEN new.reason IN ('failed', 'retrying', 'lost') THEN new.failure_message END
    );
    PERFORM queue.job_event(new);
    RETURN NULL;
END $$;

CREATE TRIGGER record_birth AFTER INSERT ON queue.job
FOR EACH ROW EXECUTE FUNCTION queue.record_transition();
CREATE TRIGGER record_transition AFTER UPDATE ON queue.job
FOR EACH ROW WHEN (new.state <> old.state) EXECUTE FUNCTION queue.record_transition();

-- Append-only tables -------------------------------------------------------------------------

CREATE FUNCTION lineage.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% only grows; % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'PL030';
END $$;

DO $$
DECLARE
    grows regclass;
BEGIN
    FOREACH grows IN ARRAY ARRAY[
        'lineage.run', 'lineage.artifact', 'lineage.import', 'lineage.edge',
        'lineage.unlearn_application', 'lineage.metric', 'lineage.alias_event',
        'queue.job_transition', 'queue.rejection'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change()',
            grows
        );
    END LOOP;
END $$;

-- Birth --------------------------------------------------------------------------------------

CREATE FUNCTION lineage.stamp_birth() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    new.born := pg_current_xact_id();
    RETURN new;
END $$;

CREATE TRIGGER stamp_birth BEFORE INSERT ON lineage.artifact
FOR EACH ROW EXECUTE FUNCTION lineage.stamp_birth();

CREATE FUNCTION lineage.edge_at_birth() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = new.child AND a.born <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'artifact % is sealed; its parents were fixed at its birth', new.child
            USING ERRCODE = 'PL031';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER edge_at_birth BEFORE INSERT ON lineage.edge
FOR EACH ROW EXECUTE FUNCTION lineage.edge_at_birth();

-- Checked at commit: an artifact has an origin, and its stored ancestry is the edges' ancestry.
-- Runs as its owner, since at commit the role of whoever seals has no rights to these tables.
CREATE FUNCTION lineage.check_birth() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made lineage.run;
    parent lineage.artifact;
    inits integer;
BEGIN
    IF (new.run IS NULL) <> EXISTS (SELECT FROM lineage.import i WHERE i.artifact = new.seq) THEN
        RAISE EXCEPTION 'artifact % must come from a run or from an import', new.seq
            USING ERRCODE = 'PL032';
    END IF;
    IF new.kind <> 'checkpoint' THEN RETURN NULL; END IF;
    SELECT * INTO made FROM lineage.run r WHERE r.seq = new.run;
    SELECT count(*) INTO inits FROM lineage.edge e WHERE e.child = new.seq AND e.role = 'init';
    SELECT a.* INTO parent FROM lineage.artifact a
    JOIN lineage.edge e ON e.parent = a.seq WHERE e.child = new.seq AND e.role = 'init';
    IF made.kind = 'unlearn' THEN
        IF inits <> 1 THEN
            RAISE EXCEPTION 'unlearned checkpoint % has no original to start from', new.seq
                USING ERRCODE = 'PL033';
        END IF;
        IF NOT EXISTS (SELECT FROM lineage.unlearn_application u WHERE u.run = made.seq) THEN
            RAISE EXCEPTION 'run % unlearned nothing that is recorded', made.seq
                USING ERRCODE = 'PL034';
        END IF;
    ELSIF made.kind = 'distill' AND NOT EXISTS (
        SELECT FROM lineage.edge e WHERE e.child = new.seq AND e.role = 'teacher'
    ) THEN
        RAISE EXCEPTION 'distilled checkpoint % has no teacher', new.seq USING ERRCODE = 'PL035';
    ELSIF made.kind = 'train' AND NOT EXISTS (
        SELECT FROM lineage.edge e WHERE e.child = new.seq AND e.role = 'dataset'
    ) THEN
        RAISE EXCEPTION 'trained checkpoint % has no dataset', new.seq USING ERRCODE = 'PL036';
    END IF;
    IF inits = 1 AND parent.kind <> 'checkpoint' THEN
        RAISE EXCEPTION 'checkpoint % starts from a %', new.seq, parent.kind
            USING ERRCODE = 'PL037';
    END IF;
    IF (new.weight_root, new.weight_depth) IS DISTINCT FROM
        (coalesce(parent.weight_root, new.seq), coalesce(parent.weight_depth + 1, 0))
        OR new.original IS DISTINCT FROM
        coalesce(parent.original, CASE WHEN made.kind = 'unlearn' THEN parent.seq END)
    THEN
        RAISE EXCEPTION 'the original or root of checkpoint % is not that of its parent', new.seq
            USING ERRCODE = 'PL038';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER check_birth AFTER INSERT ON lineage.artifact
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lineage.check_birth();

-- A comparison with something that is not the subject's own original measures nothing.
CREATE FUNCTION lineage.comparable(subject bigint, reference bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = comparable.subject AND a.original = comparable.reference
    ) OR EXISTS (
        SELECT FROM lineage.edge e
        WHERE e.child = comparable.subject AND e.parent = comparable.reference
            AND e.role IN ('init', 'teacher')
    );
$$;

CREATE FUNCTION lineage.check_reference() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT lineage.comparable(new.subject, new.reference) THEN
        RAISE EXCEPTION 'artifact % is not an original of artifact %', new.reference, new.subject
            USING ERRCODE = 'PL039';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER check_reference BEFORE INSERT ON lineage.metric
FOR EACH ROW WHEN (new.reference IS NOT NULL) EXECUTE FUNCTION lineage.check_reference();
