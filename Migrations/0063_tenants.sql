-- Who may know of what, where several share one ledger. An artifact belongs to a tenant or, as it
-- does without a word, to all; what was made from a tenant's artifact is that tenant's. A login of a
-- tenant asks the same questions as everybody: the functions run as `palimpsest_asker`, for whom the
-- tables hold only the rows that the tenant may see, so that neither counts nor errors tell of others.
-- A walk up never meets a row that is hidden, since all that a visible artifact was made from is
-- visible, so its time does not tell of them either.

-- The tables' owner must be a member to give functions away (nothing to a superuser).
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['palimpsest_asker', 'palimpsest_tenant'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'palimpsest_asker', 'MEMBER') THEN
        EXECUTE 'GRANT palimpsest_asker TO CURRENT_USER';
    END IF;
END $$;

CREATE TABLE lineage.tenant (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- The logins of a tenant. One that is in no row is the operator's and sees all.
CREATE TABLE lineage.tenant_login (
    login text PRIMARY KEY,
    tenant bigint NOT NULL REFERENCES lineage.tenant,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE lineage.tenancy (
    artifact bigint PRIMARY KEY REFERENCES lineage.artifact,
    tenant bigint NOT NULL REFERENCES lineage.tenant,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX tenancy_tenant ON lineage.tenancy (tenant, artifact);
DO $$
DECLARE
    grows text;
BEGIN
    FOREACH grows IN ARRAY ARRAY['tenant', 'tenant_login', 'tenancy'] LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON lineage.%I
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change()', grows
        );
        PERFORM lineage.watch(('lineage.' || grows)::regclass);
    END LOOP;
END $$;

-- The tenant of this session; null for the operator. `session_user` is who logged in: neither SET
-- ROLE nor a setting changes it. A login that holds a tenant's rights but is in no table has no
-- tenant, and is shown nothing of anybody's.
CREATE FUNCTION lineage.my_tenant() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    SELECT l.tenant INTO found FROM lineage.tenant_login l WHERE l.login = session_user;
    IF found IS NULL AND pg_has_role(session_user, 'palimpsest_tenant', 'MEMBER') THEN
        -- Of a superuser every membership is said to be there.
        SELECT 0 INTO found FROM pg_roles r WHERE r.rolname = session_user AND NOT r.rolsuper;
    END IF;
    RETURN found;
END $$;

-- Whether a tenant may know of a request: it has a source that he sees, or it has none and its
-- runs are not another's.
CREATE FUNCTION lineage.sees_request(tenant bigint, request bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN EXISTS (
            SELECT FROM lineage.exposure_source s WHERE s.request = sees_request.request
        ) THEN EXISTS (
            SELECT FROM lineage.exposure_source s
            LEFT JOIN lineage.tenancy t ON t.artifact = s.artifact
            WHERE s.request = sees_request.request
                AND coalesce(t.tenant = sees_request.tenant, true)
        )
        ELSE NOT EXISTS (
            SELECT FROM lineage.unlearn_application u
            JOIN lineage.artifact a ON a.run = u.run
            JOIN lineage.tenancy t ON t.artifact = a.seq
            WHERE u.request = sees_request.request AND t.tenant <> sees_request.tenant
        )
    END;
$$;

CREATE FUNCTION lineage.sees(tenant bigint, artifact bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM lineage.tenancy t
        WHERE t.artifact = sees.artifact AND t.tenant <> sees.tenant
    ) AND NOT EXISTS (
        SELECT FROM lineage.forget_request q
        WHERE q.forget_set = sees.artifact AND NOT lineage.sees_request(sees.tenant, q.seq)
    );
$$;

CREATE FUNCTION lineage.sees_run(tenant bigint, run bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM lineage.artifact a JOIN lineage.tenancy t ON t.artifact = a.seq
        WHERE a.run = sees_run.run AND t.tenant <> sees_run.tenant
    );
$$;

-- Belonging -----------------------------------------------------------------------------------

-- Whose an artifact is, from its birth: what it was made from, and what the label `tenant` of its
-- job says. Two tenants' things do not go together.
CREATE FUNCTION lineage.inherit_tenant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owners bigint[];
BEGIN
    SELECT array_agg(DISTINCT o.tenant) INTO owners FROM (
        SELECT t.tenant FROM lineage.edge e JOIN lineage.tenancy t ON t.artifact = e.parent
        WHERE e.child = new.seq
        UNION ALL
        SELECT n.seq FROM lineage.run r
        JOIN queue.job j ON j.id = r.job
        JOIN lineage.tenant n ON n.name = j.labels ->> 'tenant'
        WHERE r.seq = new.run
    ) o;
    IF cardinality(owners) > 1 THEN
        RAISE EXCEPTION 'artifact % would belong to two tenants', new.seq USING ERRCODE = 'PL059';
    ELSIF owners IS NOT NULL THEN
        INSERT INTO lineage.tenancy (artifact, tenant) VALUES (new.seq, owners[1]);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inherit_tenant AFTER INSERT ON lineage.artifact
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lineage.inherit_tenant();

CREATE FUNCTION lineage.check_tenancy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM lineage.edge e LEFT JOIN lineage.tenancy t ON t.artifact = e.child
        WHERE e.parent = new.artifact AND t.tenant IS DISTINCT FROM new.tenant
    ) OR EXISTS (
        SELECT FROM lineage.edge e JOIN lineage.tenancy t ON t.artifact = e.parent
        WHERE e.child = new.artifact AND t.tenant <> new.tenant
    ) THEN
        RAISE EXCEPTION 'what was made from artifact % is not that tenant''s', new.artifact
            USING ERRCODE = 'PL059';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_tenancy BEFORE INSERT ON lineage.tenancy
FOR EACH ROW EXECUTE FUNCTION lineage.check_tenancy();

-- Before the work: a job with a label sees what its tenant sees, and is told no more.
CREATE FUNCTION queue.check_tenant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asks bigint := (
        SELECT t.seq FROM lineage.tenant t WHERE t.name = new.labels ->> 'tenant'
    );
    hidden text;
BEGIN
    IF asks IS NULL THEN
        RAISE EXCEPTION 'there is no tenant ''%''', new.labels ->> 'tenant'
            USING ERRCODE = 'PL059';
    END IF;
    SELECT coalesce(new.wanted ->> (i ->> 'role'), i ->> 'artifact') INTO hidden
    FROM jsonb_array_elements(new.inputs) i
    JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
    WHERE NOT lineage.sees(asks, a.seq)
    LIMIT 1;
    IF hidden IS NOT NULL THEN
        RAISE EXCEPTION 'no artifact is known as ''%''', hidden USING
            ERRCODE = 'PL010',
            HINT = 'give a name, a digest, at least 12 of its digits, or the id of a finished job';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_tenant BEFORE INSERT ON queue.job
FOR EACH ROW WHEN (new.labels ? 'tenant') EXECUTE FUNCTION queue.check_tenant();

-- What officers do: a tenant, its logins, and what came from outside before there were any.
CREATE FUNCTION lineage.add_tenant(name text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.tenant (name) VALUES (add_tenant.name);
$$;

CREATE FUNCTION lineage.admit(login text, tenant text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lineage.tenant_login (login, tenant)
    SELECT admit.login, t.seq FROM lineage.tenant t WHERE t.name = admit.tenant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant ''%''', tenant USING ERRCODE = 'PL059';
    END IF;
END $$;

CREATE FUNCTION lineage.give(ref text, tenant text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lineage.tenancy (artifact, tenant)
    SELECT lineage.resolve(ref), t.seq FROM lineage.tenant t WHERE t.name = give.tenant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant ''%''', tenant USING ERRCODE = 'PL059';
    END IF;
END $$;

-- What each may see ---------------------------------------------------------------------------

DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('artifact', 'lineage.sees(%s, seq)'), ('edge', 'lineage.sees(%s, child)'),
        ('run', 'lineage.sees_run(%s, seq)'), ('import', 'lineage.sees(%s, artifact)'),
        ('alias_event', 'lineage.sees(%s, artifact)'), ('metric', 'lineage.sees(%s, subject)'),
        ('evidence', 'lineage.sees(%s, subject)'), ('verdict', 'lineage.sees(%s, artifact)'),
        ('score', 'EXISTS (SELECT FROM lineage.evidence e WHERE e.seq = evidence)'),
        ('unlearn_application', 'lineage.sees_run(%s, run)'),
        ('deployment_event', 'lineage.sees(%s, artifact)'),
        ('exposure_source', 'lineage.sees(%s, artifact)'),
        ('content_twin', 'lineage.sees(%s, artifact)'),
        ('deployed_ancestor', 'lineage.sees(%s, deployed)'),
        ('forget_request', 'lineage.sees_request(%s, seq)'),
        ('forget_request_event', 'lineage.sees_request(%s, request)'),
        ('forget_opening', 'lineage.sees_request(%s, request)'),
        ('forget_list', 'lineage.sees_request(%s, request)'), ('tenancy', 'tenant = %s'),
        ('tenant', 'seq = %s'), ('tenant_login', 'tenant = %s'), ('log_entry', 'false'),
        ('log_epoch', 'false'), ('log_range', 'false')
    ) r (name, sees) LOOP
        EXECUTE format('ALTER TABLE lineage.%I ENABLE ROW LEVEL SECURITY', rule.name);
        -- Asked once a statement; the rule behind it only of who has a tenant.
        EXECUTE format(
            'CREATE POLICY sees ON lineage.%I FOR SELECT USING (
                (SELECT lineage.my_tenant() IS NULL) OR %s
            )',
            rule.name, format(rule.sees, '(SELECT lineage.my_tenant())')
        );
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA lineage, queue, migration TO palimpsest_asker, palimpsest_tenant;
GRANT SELECT ON migration.applied TO palimpsest_tenant;
GRANT SELECT ON ALL TABLES IN SCHEMA lineage TO palimpsest_asker;
GRANT SELECT ON queue.job, queue.job_transition, queue.snapshot, queue.worker
TO palimpsest_asker;
GRANT SELECT ON lineage.tenant, lineage.tenant_login, lineage.tenancy TO palimpsest_auditor;
REVOKE ALL ON FUNCTION
    lineage.my_tenant, lineage.sees_request, lineage.sees, lineage.sees_run,
    lineage.inherit_tenant, lineage.check_tenancy, queue.check_tenant, lineage.add_tenant,
    lineage.admit, lineage.give
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.add_tenant, lineage.admit, lineage.give TO palimpsest_officer;
GRANT EXECUTE ON FUNCTION
    lineage.my_tenant, lineage.sees_request, lineage.sees, lineage.sees_run
TO palimpsest_reader, palimpsest_auditor;

-- The questions and views go to the asker. A function that changes something stays the owner's.
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
DO $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT p.oid::regprocedure AS name, p.prosecdef
                AND has_function_privilege('palimpsest_reader', p.oid, 'EXECUTE')
                AND p.proname NOT IN ('my_tenant', 'sees_request', 'sees', 'sees_run') AS asks
        FROM pg_proc p
        WHERE p.pronamespace = 'lineage'::regnamespace AND p.provolatile <> 'v'
            AND p.prorettype <> 'trigger'::regtype
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO palimpsest_asker', part.name);
        CONTINUE WHEN NOT part.asks;
        EXECUTE format('ALTER FUNCTION %s OWNER TO palimpsest_asker', part.name);
    END LOOP;
    FOR part IN
        SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'v'
            AND c.relname <> 'watchable'
    LOOP
        EXECUTE format('ALTER VIEW %s OWNER TO palimpsest_asker', part.name);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;

-- A tenant asks what is answered in digests and names. Numbers of rows, and the log, would tell how
-- much others do.
GRANT EXECUTE ON FUNCTION
    lineage.resolve(text), lineage.resolve(text, timestamptz), lineage.describe,
    lineage.original_of, lineage.weight_path, lineage.ancestors, lineage.descendants,
    lineage.metrics, lineage.unlearned_from, lineage.tree, lineage.path, lineage.is_derived_from,
    lineage.common_origin, lineage.diff, lineage.runs_using, lineage.datasets_behind,
    lineage.exposed_deployments, lineage.distilled_before_cleansing, lineage.requests_status,
    lineage.remediation_plan, lineage.overdue, lineage.as_of_report, lineage.score_history,
    lineage.unlearning_debt, lineage.reproductions, lineage.content_twins, lineage.lineage_dot,
    lineage.edges_of, lineage.job_of, lineage.artifacts_of, lineage.integrity_drift,
    lineage.comparable(text, text), lineage.environment_of, lineage.provenance(text)
TO palimpsest_tenant;
