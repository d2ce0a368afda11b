-- What each invariant, tried one by one as a superuser with every rule on, still let through. A birth
-- was over with its transaction; but SET CONSTRAINTS has it checked earlier, and edges that came
-- after that were looked at by nobody. And transactions are counted anew in a cluster that a dump
-- was restored into, where an old artifact's number comes by again. So the check and the entry in
-- the log are one step, and whatever has its entry is sealed.

CREATE FUNCTION lineage.is_logged(relation text, key bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM lineage.log_entry e
        WHERE e.relation = is_logged.relation COLLATE "C"
            AND e.key = is_logged.key::text COLLATE "C"
    );
END $$;

-- What follows for an artifact from its edges, whatever is stored in it.
CREATE FUNCTION lineage.ancestry(
    a lineage.artifact, OUT generation integer, OUT origin_roots bigint[], OUT original bigint,
    OUT weight_root bigint, OUT weight_depth integer
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    parents bigint[];
    roles text[];
    made lineage.run;
    way lineage.artifact;
BEGIN
    SELECT array_agg(e.parent), array_agg(e.role) INTO parents, roles
    FROM lineage.edge e WHERE e.child = a.seq;
    origin_roots := lineage.origins(a.seq, parents);
    generation := coalesce((
        SELECT max(p.generation) + 1 FROM lineage.artifact p WHERE p.seq = ANY (parents)
    ), 0);
    IF a.kind NOT IN ('checkpoint', 'adapter') THEN RETURN; END IF;
    SELECT r.* INTO made FROM lineage.run r WHERE r.seq = a.run;
    SELECT p.* INTO way FROM lineage.artifact p
    WHERE p.seq = lineage.weight_parent(parents, roles);
    weight_root := coalesce(way.weight_root, a.seq);
    weight_depth := coalesce(way.weight_depth + 1, 0);
    original := way.original;
    IF made.kind = 'unlearn' THEN
        original := (
            SELECT coalesce(p.original, p.seq) FROM lineage.edge e
            JOIN lineage.artifact p ON p.seq = e.parent
            WHERE e.child = a.seq
                AND e.role = CASE made.method WHEN 'retrain' THEN 'replaces' ELSE 'init' END
        );
    END IF;
END $$;

-- Raises what is wrong with a birth. (The body of the trigger of the same name, which goes.)
CREATE FUNCTION lineage.check_birth(a lineage.artifact) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    due record := lineage.ancestry(a);
    made lineage.run;
    roles text[];
    fresh boolean;
    start text;
BEGIN
    IF (a.run IS NULL) <> EXISTS (SELECT FROM lineage.import i WHERE i.artifact = a.seq) THEN
        RAISE EXCEPTION 'artifact % must come from a run or from an import', a.seq
            USING ERRCODE = 'PL032';
    END IF;
    IF (a.generation, a.origin_roots) IS DISTINCT FROM (due.generation, due.origin_roots) THEN
        RAISE EXCEPTION 'the generation or origins of artifact % are not those of its parents',
            a.seq USING ERRCODE = 'PL040';
    END IF;
    IF a.kind NOT IN ('checkpoint', 'adapter') THEN RETURN; END IF;
    SELECT * INTO made FROM lineage.run r WHERE r.seq = a.run;
    SELECT coalesce(array_agg(e.role), '{}') INTO roles FROM lineage.edge e WHERE e.child = a.seq;
    fresh := coalesce(made.kind = 'unlearn' AND made.method = 'retrain', false);
    IF made.kind = 'unlearn' THEN
        PERFORM lineage.check_unlearning(a.seq, made.seq, roles, fresh);
    ELSIF made.kind = 'distill' AND NOT 'teacher' = ANY (roles) THEN
        RAISE EXCEPTION 'distilled checkpoint % has no teacher', a.seq USING ERRCODE = 'PL035';
    ELSIF made.kind = 'train' AND NOT 'dataset' = ANY (roles) THEN
        RAISE EXCEPTION 'trained checkpoint % has no dataset', a.seq USING ERRCODE = 'PL036';
    ELSIF made.kind = 'merge' AND cardinality(array_positions(roles, 'merge')) < 2 THEN
        RAISE EXCEPTION 'merged checkpoint % has fewer than two parents', a.seq
            USING ERRCODE = 'PL042';
    END IF;
    IF 'replaces' = ANY (roles) AND NOT fresh THEN
        RAISE EXCEPTION 'checkpoint % replaces another without being trained again', a.seq
            USING ERRCODE = 'PL033';
    END IF;
    SELECT p.kind INTO start FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
    WHERE e.child = a.seq AND e.role IN ('init', 'merge')
        AND p.kind NOT IN ('checkpoint', 'adapter')
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'checkpoint % starts from a %', a.seq, start USING ERRCODE = 'PL037';
    END IF;
    IF (a.original, a.weight_root, a.weight_depth)
        IS DISTINCT FROM (due.original, due.weight_root, due.weight_depth)
    THEN
        RAISE EXCEPTION 'the original or root of checkpoint % is not that of its parent', a.seq
            USING ERRCODE = 'PL038';
    END IF;
    IF 'anchor' = ANY (roles) AND (
        made.kind IS DISTINCT FROM 'unlearn' OR EXISTS (
            SELECT FROM lineage.edge e WHERE e.child = a.seq AND e.role = 'anchor'
                AND NOT lineage.derives(e.parent, a.original, NULL)
        )
    ) THEN
        RAISE EXCEPTION 'checkpoint % is held to what does not come from its original', a.seq
            USING ERRCODE = 'PL043';
    END IF;
END $$;

-- I5 and I11: what an unlearned checkpoint starts from, and whose items it forgot.
CREATE FUNCTION lineage.check_unlearning(
    artifact bigint, made bigint, roles text[], fresh boolean
) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    requests bigint[] := ARRAY(
        SELECT u.request FROM lineage.unlearn_application u WHERE u.run = made
    );
BEGIN
    IF cardinality(array_positions(roles, 'init')) <> (NOT fresh)::integer
        OR cardinality(array_positions(roles, 'replaces')) <> fresh::integer
    THEN
        RAISE EXCEPTION 'unlearned checkpoint % has no original to start from', artifact
            USING ERRCODE = 'PL033';
    END IF;
    IF requests = '{}' THEN
        RAISE EXCEPTION 'run % unlearned nothing that is recorded', made USING ERRCODE = 'PL034';
    END IF;
    IF EXISTS (
        SELECT FROM lineage.forget_request q
        WHERE q.seq = ANY (requests) AND NOT EXISTS (
            SELECT FROM lineage.edge e
            WHERE e.child = artifact AND e.parent = q.forget_set AND e.role = 'forget_set'
        )
    ) OR EXISTS (
        SELECT FROM lineage.edge e
        JOIN lineage.artifact f ON f.seq = e.parent AND f.kind = 'forget_set'
        WHERE e.child = artifact AND e.role = 'forget_set' AND NOT EXISTS (
            SELECT FROM lineage.forget_request q
            WHERE q.seq = ANY (requests) AND q.forget_set = f.seq
        )
    ) THEN
        RAISE EXCEPTION 'the forget sets of checkpoint % are not those of the requests that '
            'its run applied', artifact USING ERRCODE = 'PL041';
    END IF;
END $$;

-- Whose an artifact is, from its birth: what it was made from, and what the label `tenant` of its
-- job says. Two tenants' things do not go together.
CREATE FUNCTION lineage.inherit_tenant(a lineage.artifact) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    ELSIF owners IS NOT NULL THEN
        INSERT INTO lineage.tenancy (artifact, tenant) VALUES (a.seq, owners[1]);
    END IF;
END $$;

-- As before, but that an artifact is checked first, and that no row is logged in a table with a rule
-- switched off: who switches one off must switch the log off too, and that the log shows.
CREATE OR REPLACE FUNCTION lineage.log_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET timezone = 'UTC' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    xact text := pg_current_xact_id()::text;
    here text := current_setting('palimpsest.log_stream', true);
BEGIN
    IF EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgrelid = TG_RELID AND t.tgenabled IN ('D', 'R')
    ) THEN
        RAISE EXCEPTION 'a rule of lineage.% is switched off', TG_TABLE_NAME USING
            ERRCODE = 'PL074', HINT = format('ALTER TABLE %s ENABLE TRIGGER ALL', TG_RELID::regclass);
    END IF;
    IF TG_TABLE_NAME = 'artifact' THEN
        PERFORM lineage.check_birth(new);
        PERFORM lineage.inherit_tenant(new);
    END IF;
    IF here IS NULL OR split_part(here, ' ', 1) <> xact THEN
        here := xact || ' ' || lineage.stream_of(TG_TABLE_NAME, to_jsonb(new));
        PERFORM set_config('palimpsest.log_stream', here, true);
    END IF;
    PERFORM lineage.log_append(
        split_part(here, ' ', 2), TG_TABLE_NAME, lineage.log_key(new), lineage.log_payload(new)
    );
    RETURN NULL;
END $$;

DROP TRIGGER check_birth ON lineage.artifact;
DROP TRIGGER inherit_tenant ON lineage.artifact;
DROP FUNCTION lineage.check_birth();
DROP FUNCTION lineage.inherit_tenant();

CREATE OR REPLACE FUNCTION lineage.stamp_birth() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lineage.is_logged('run', new.run) THEN
        RAISE EXCEPTION 'run % is sealed; what it made was fixed then', new.run
            USING ERRCODE = 'PL031';
    END IF;
    new.born := pg_current_xact_id();
    RETURN new;
END $$;

CREATE OR REPLACE FUNCTION lineage.edge_at_birth() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lineage.is_logged('artifact', new.child) OR EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = new.child AND a.born <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'artifact % is sealed; its parents were fixed at its birth', new.child
            USING ERRCODE = 'PL031';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE FUNCTION lineage.check_application() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lineage.run r WHERE r.seq = new.run AND r.kind = 'unlearn') THEN
        RAISE EXCEPTION 'run % does not unlearn', new.run USING ERRCODE = 'PL047';
    END IF;
    IF lineage.is_logged('run', new.run) THEN
        RAISE EXCEPTION 'run % is sealed; what it applied was fixed then', new.run
            USING ERRCODE = 'PL031';
    END IF;
    RETURN new;
END $$;

-- What a run made was not imported, whoever says so later.
CREATE OR REPLACE FUNCTION lineage.check_import() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lineage.artifact;
BEGIN
    SELECT * INTO a FROM lineage.artifact x WHERE x.seq = new.artifact;
    IF new.declared_digest <> a.content_digest THEN
        RAISE EXCEPTION 'the content of artifact % is not what its source declared', new.artifact
            USING ERRCODE = 'PL044';
    END IF;
    IF a.run IS NOT NULL THEN
        RAISE EXCEPTION 'artifact % must come from a run or from an import', new.artifact
            USING ERRCODE = 'PL032';
    END IF;
    new.imported_at := coalesce(a.recorded_at, new.imported_at);
    RETURN new;
END $$;

-- I14 in the tables that had the clock as a default only.
CREATE INDEX forget_list_recorded ON lineage.forget_list (recorded_at);
CREATE INDEX tenancy_recorded ON lineage.tenancy (recorded_at);
DO $$
DECLARE
    stamped text;
BEGIN
    FOREACH stamped IN ARRAY ARRAY['forget_list', 'tenant', 'tenant_login', 'tenancy'] LOOP
        EXECUTE format(
            'CREATE FUNCTION lineage.stamp_%1$s() RETURNS trigger
             LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
             BEGIN
                 new.recorded_at := greatest(clock_timestamp(), (
                     SELECT max(t.recorded_at) FROM lineage.%1$I t
                 ));
                 RETURN new;
             END $f$;
             CREATE TRIGGER a_stamp BEFORE INSERT ON lineage.%1$I
             FOR EACH ROW EXECUTE FUNCTION lineage.stamp_%1$s();
             REVOKE ALL ON FUNCTION lineage.stamp_%1$s FROM PUBLIC',
            stamped
        );
    END LOOP;
END $$;

-- I7 and the originals of I5 are computed anew too.
CREATE OR REPLACE FUNCTION lineage.recompute(samples integer DEFAULT 1000) RETURNS TABLE (
    problem text, key bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'score', s.seq FROM lineage.score s
    JOIN lineage.evidence e ON e.seq = s.evidence
    WHERE NOT EXISTS (
        SELECT FROM lineage.scores_of(e.metrics, s.formula) x
        WHERE (x.name, x.value, x.ci_low, x.ci_high, x.raw)
            = (s.name, s.value, s.ci_low, s.ci_high, s.raw)
    )
    UNION ALL
    SELECT 'artifact', (newest.a).seq FROM (
        SELECT x AS a FROM lineage.artifact x ORDER BY x.seq DESC LIMIT samples
    ) newest
    CROSS JOIN LATERAL lineage.ancestry(newest.a) due
    WHERE ((a).generation, (a).origin_roots, (a).original, (a).weight_root, (a).weight_depth)
        IS DISTINCT FROM
        (due.generation, due.origin_roots, due.original, due.weight_root, due.weight_depth);
$$;

REVOKE ALL ON FUNCTION
    lineage.is_logged, lineage.ancestry, lineage.check_birth, lineage.check_unlearning,
    lineage.inherit_tenant
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.ancestry TO palimpsest_asker;
