-- A name stays with its owner. Names are global and mean the newest artifact that was given one: a
-- tenant who called a run as another's model was called took the name, and the other's jobs and the
-- operator's deployments meant his artifact by it.

-- Whose an artifact is from its birth, or null: what it was made from, and what the label `tenant` of
-- its job says. Two tenants' things do not go together.
CREATE FUNCTION lineage.owner_at_birth(a lineage.artifact) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    owners bigint[];
BEGIN
    SELECT array_agg(DISTINCT o.tenant) INTO owners FROM (
        SELECT t.tenant FROM lineage.edge e JOIN lineage.tenancy t ON t.artifact = e.parent
        WHERE e.child = a.seq
        UNION ALL
        SELECT n.seq FROM lineage.run r
        JOIN queue.job j ON j.id = r.job
        JOIN lineage.tenant n ON n.name = j.labels ->> 'tenant'
        WHERE r.seq = a.run
    ) o;
    IF cardinality(owners) > 1 THEN
        RAISE EXCEPTION 'artifact % would belong to two tenants', a.seq USING ERRCODE = 'PL059';
    END IF;
    RETURN owners[1];
END $$;

CREATE OR REPLACE FUNCTION lineage.inherit_tenant(a lineage.artifact) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner bigint := lineage.owner_at_birth(a);
BEGIN
    IF owner IS NOT NULL THEN
        INSERT INTO lineage.tenancy (artifact, tenant) VALUES (a.seq, owner);
    END IF;
END $$;

-- Whether `owner`, or nobody where that is null, may call something by a name: nothing has had it, or
-- what had it last is his.
CREATE FUNCTION lineage.may_name(name text, owner bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    last bigint;
BEGIN
    SELECT e.artifact INTO last FROM lineage.alias_event e
    WHERE e.name = may_name.name ORDER BY e.seq DESC LIMIT 1;
    RETURN NOT FOUND OR may_name.owner IS NOT DISTINCT FROM (
        SELECT t.tenant FROM lineage.tenancy t WHERE t.artifact = last
    );
END $$;

-- The same where the name is taken next: two who want a new one come one after the other.
CREATE FUNCTION lineage.take_name(name text, artifact bigint, owner bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('lineage.alias_event ' || name, 0));
    IF NOT lineage.may_name(name, owner) THEN RETURN false; END IF;
    INSERT INTO lineage.alias_event (name, artifact) VALUES (take_name.name, take_name.artifact);
    RETURN true;
END $$;

CREATE FUNCTION lineage.refuse_name(name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the name ''%'' is taken', name USING
        ERRCODE = 'PL056', HINT = 'give a name that nothing has';
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
    owner bigint := (SELECT t.tenant FROM lineage.tenancy t WHERE t.artifact = made);
BEGIN
    IF name IS NOT NULL AND NOT EXISTS (
        SELECT FROM lineage.alias l WHERE l.name = register_import.name AND l.artifact = made
    ) AND NOT lineage.take_name(register_import.name, made, owner) THEN
        PERFORM lineage.refuse_name(register_import.name);
    END IF;
    RETURN encode(sha256(manifest), 'hex');
END $$;

-- Before the work. A job that comes after others may get a tenant's inputs later; the seal looks again.
CREATE FUNCTION queue.check_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owners bigint[];
BEGIN
    SELECT array_agg(DISTINCT o.tenant) INTO owners FROM (
        SELECT lineage.tenant_number(new.labels ->> 'tenant') AS tenant
        UNION
        SELECT t.tenant FROM jsonb_array_elements(new.inputs) i
        JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
        JOIN lineage.tenancy t ON t.artifact = a.seq
    ) o WHERE o.tenant IS NOT NULL;
    IF (owners IS NOT NULL OR new.after = '{}') AND NOT lineage.may_name(new.name, owners[1]) THEN
        PERFORM lineage.refuse_name(new.name);
    END IF;
    RETURN new;
END $$;
-- After `check_tenant`, which says first what a label may not have.
CREATE TRIGGER check_the_name BEFORE INSERT ON queue.job
FOR EACH ROW WHEN (new.name IS NOT NULL) EXECUTE FUNCTION queue.check_name();

-- Hours of work are not lost for a name that somebody took meanwhile: what was made has none, and the
-- job's last transition says so.
CREATE OR REPLACE FUNCTION lineage.seal_run(
    j queue.job, outputs jsonb, edges jsonb, metrics jsonb
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    made lineage.run;
    requests bigint[];
    item jsonb;
    main lineage.artifact;
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
    SELECT a.* INTO main FROM lineage.artifact a WHERE a.seq = lineage.main_output(made.seq);
    IF j.kind <> 'evaluate' AND main.kind IN ('checkpoint', 'adapter') IS NOT TRUE THEN
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
        CASE WHEN m ->> 'subject' IS NULL THEN main.seq
            ELSE queue.input_artifact(j, m ->> 'subject') END,
        CASE WHEN m ->> 'reference' IS NOT NULL
            THEN queue.input_artifact(j, m ->> 'reference') END,
        made.seq, m ->> 'name', (m ->> 'value')::double precision,
        (m ->> 'low')::double precision, (m ->> 'high')::double precision,
        coalesce(m -> 'info', '{}')
    FROM jsonb_array_elements(metrics) m;
    IF j.kind = 'evaluate' THEN PERFORM lineage.seal_evidence(j, made.seq, metrics); END IF;
    IF j.name IS NOT NULL AND main.seq IS NOT NULL THEN
        PERFORM lineage.take_name(j.name, main.seq, lineage.owner_at_birth(main));
    END IF;
    RETURN made.seq;
END $$;

CREATE FUNCTION queue.lacks_name(j queue.job) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    main bigint := (
        SELECT lineage.main_output(r.seq) FROM lineage.run r WHERE r.job = j.id
    );
BEGIN
    RETURN main IS NOT NULL AND NOT EXISTS (
        SELECT FROM lineage.alias_event e WHERE e.artifact = main AND e.name = j.name
    );
END $$;

CREATE OR REPLACE FUNCTION queue.record_transition() RETURNS trigger
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
        CASE
            WHEN new.reason IN ('failed', 'retrying', 'lost') THEN new.failure_message
            WHEN new.state = 'succeeded' AND new.name IS NOT NULL AND queue.lacks_name(new)
            THEN 'the name ''' || new.name || ''' is taken, so what the job made has none'
        END
    );
    PERFORM queue.job_event(new);
    IF new.state = 'failed' THEN PERFORM queue.dead_letter(new); END IF;
    -- Deeper, `settle_dependents` is at work already and goes on by itself.
    IF new.state IN ('succeeded', 'failed', 'cancelled') AND pg_trigger_depth() = 1 THEN
        PERFORM queue.settle_dependents(new.id);
    END IF;
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION
    lineage.owner_at_birth, lineage.may_name, lineage.take_name,
    lineage.refuse_name, queue.check_name, queue.lacks_name
FROM PUBLIC;
