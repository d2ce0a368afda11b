-- What no program, its owner's included, can do to the new tables, and what an artifact must have
-- at its birth.

-- The clock of the database, never behind the row before, whoever writes.
DO $$
DECLARE
    stamped record;
BEGIN
    FOR stamped IN SELECT * FROM (VALUES
        ('artifact', 'recorded_at'), ('metric', 'recorded_at'), ('run', 'sealed_at'),
        ('alias_event', 'at'), ('policy', 'recorded_at'), ('forget_request', 'recorded_at'),
        ('forget_request_event', 'recorded_at'), ('exposure_source', 'recorded_at'),
        ('unlearn_application', 'applied_at'), ('evaluator', 'recorded_at'),
        ('evaluator_event', 'recorded_at'), ('evidence', 'recorded_at'),
        ('score', 'recorded_at'), ('verdict', 'decided_at'), ('deployment_event', 'at'),
        ('deployment_gate', 'at'), ('correction', 'recorded_at')
    ) t (name, stamp) LOOP
        EXECUTE format(
            'CREATE FUNCTION lineage.stamp_%1$s() RETURNS trigger
             LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
             BEGIN
                 new.%2$I := greatest(clock_timestamp(), (
                     SELECT t.%2$I FROM lineage.%1$I t ORDER BY t.seq DESC LIMIT 1
                 ));
                 RETURN new;
             END $f$;
             CREATE TRIGGER a_stamp BEFORE INSERT ON lineage.%1$I
             FOR EACH ROW EXECUTE FUNCTION lineage.stamp_%1$s()',
            stamped.name, stamped.stamp
        );
    END LOOP;
END $$;

-- Taint changes, and decisions that rest on it, take turns.
CREATE FUNCTION lineage.lock_exposure() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7215331048);
    RETURN NULL;
END $$;

DO $$
DECLARE
    moves regclass;
BEGIN
    FOREACH moves IN ARRAY ARRAY[
        'lineage.policy', 'lineage.exposure_source', 'lineage.evaluator_event',
        'lineage.verdict', 'lineage.correction', 'lineage.forget_request_event'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE TRIGGER lock_exposure BEFORE INSERT ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.lock_exposure()',
            moves
        );
    END LOOP;
END $$;

-- Birth --------------------------------------------------------------------------------------

-- The parent whose weights came first: the one to start from, else of those merged the oldest
-- that was unlearned, else the oldest.
CREATE FUNCTION lineage.weight_parent(parents bigint[], roles text[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT a.seq FROM unnest(parents, roles) p (seq, role)
        JOIN lineage.artifact a USING (seq)
        WHERE p.role IN ('init', 'merge')
        ORDER BY p.role, p.role = 'merge' AND a.original IS NULL, a.seq
        LIMIT 1
    );
END $$;

CREATE FUNCTION lineage.origins(seq bigint, parents bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((
        SELECT array_agg(DISTINCT r ORDER BY r)
        FROM lineage.artifact a CROSS JOIN unnest(a.origin_roots) r
        WHERE a.seq = ANY (parents)
    ), ARRAY[seq]);
END $$;

-- Whether `child` was made from `parent` in any way, or is it.
CREATE FUNCTION lineage.derives(child bigint, parent bigint, roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a lineage.artifact;
    b lineage.artifact;
BEGIN
    IF child = parent THEN RETURN true; END IF;
    SELECT * INTO a FROM lineage.artifact x WHERE x.seq = child;
    SELECT * INTO b FROM lineage.artifact x WHERE x.seq = parent;
    IF a.seq IS NULL OR b.seq IS NULL OR a.generation <= b.generation
        OR NOT a.origin_roots @> b.origin_roots
    THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        WITH RECURSIVE up (seq) AS (
            SELECT child
            UNION
            SELECT e.parent FROM up
            JOIN lineage.edge e ON e.child = up.seq
            JOIN lineage.artifact p ON p.seq = e.parent
            WHERE (roles IS NULL OR e.role = ANY (roles))
                AND (p.generation > b.generation OR p.seq = b.seq)
        )
        SELECT FROM up WHERE up.seq = derives.parent
    );
END $$;

CREATE OR REPLACE FUNCTION lineage.check_birth() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made lineage.run;
    way lineage.artifact;
    parents bigint[];
    roles text[];
    requests bigint[];
    fresh boolean;
    began bigint;
BEGIN
    IF (new.run IS NULL) <> EXISTS (SELECT FROM lineage.import i WHERE i.artifact = new.seq) THEN
        RAISE EXCEPTION 'artifact % must come from a run or from an import', new.seq
            USING ERRCODE = 'PL032';
    END IF;
    SELECT coalesce(array_agg(e.parent ORDER BY e.parent, e.role), '{}'),
        coalesce(array_agg(e.role ORDER BY e.parent, e.role), '{}')
    INTO parents, roles FROM lineage.edge e WHERE e.child = new.seq;
    IF new.generation <> coalesce((
            SELECT max(a.generation) + 1 FROM lineage.artifact a WHERE a.seq = ANY (parents)
        ), 0) OR new.origin_roots <> lineage.origins(new.seq, parents)
    THEN
        RAISE EXCEPTION 'the generation or origins of artifact % are not those of its parents',
            new.seq USING ERRCODE = 'PL040';
    END IF;
    IF new.kind NOT IN ('checkpoint', 'adapter') THEN RETURN NULL; END IF;
    SELECT * INTO made FROM lineage.run r WHERE r.seq = new.run;
    fresh := made.kind = 'unlearn' AND made.method = 'retrain';
    IF made.kind = 'unlearn' THEN
        IF cardinality(array_positions(roles, 'init')) <> (NOT fresh)::integer
            OR cardinality(array_positions(roles, 'replaces')) <> fresh::integer
        THEN
            RAISE EXCEPTION 'unlearned checkpoint % has no original to start from', new.seq
                USING ERRCODE = 'PL033';
        END IF;
        SELECT array_agg(u.request) INTO requests FROM lineage.unlearn_application u
        WHERE u.run = made.seq;
        IF requests IS NULL THEN
            RAISE EXCEPTION 'run % unlearned nothing that is recorded', made.seq
                USING ERRCODE = 'PL034';
        END IF;
        IF EXISTS (
            SELECT FROM lineage.forget_request q
            WHERE q.seq = ANY (requests) AND NOT EXISTS (
                SELECT FROM lineage.edge e
                WHERE e.child = new.seq AND e.parent = q.forget_set AND e.role = 'forget_set'
            )
        ) OR EXISTS (
            SELECT FROM lineage.edge e
            JOIN lineage.artifact f ON f.seq = e.parent AND f.kind = 'forget_set'
            WHERE e.child = new.seq AND e.role = 'forget_set' AND NOT EXISTS (
                SELECT FROM lineage.forget_request q
                WHERE q.seq = ANY (requests) AND q.forget_set = f.seq
            )
        ) THEN
            RAISE EXCEPTION 'the forget sets of checkpoint % are not those of the requests that '
                'its run applied', new.seq USING ERRCODE = 'PL041';
        END IF;
    ELSIF made.kind = 'distill' AND NOT 'teacher' = ANY (roles) THEN
        RAISE EXCEPTION 'distilled checkpoint % has no teacher', new.seq USING ERRCODE = 'PL035';
    ELSIF made.kind = 'train' AND NOT 'dataset' = ANY (roles) THEN
        RAISE EXCEPTION 'trained checkpoint % has no dataset', new.seq USING ERRCODE = 'PL036';
    ELSIF made.kind = 'merge' AND cardinality(array_positions(roles, 'merge')) < 2 THEN
        RAISE EXCEPTION 'merged checkpoint % has fewer than two parents', new.seq
            USING ERRCODE = 'PL042';
    END IF;
    IF ('replaces' = ANY (roles)) AND NOT coalesce(fresh, false) THEN
        RAISE EXCEPTION 'checkpoint % replaces another without being trained again', new.seq
            USING ERRCODE = 'PL033';
    END IF;
    SELECT a.* INTO way FROM lineage.artifact a
    WHERE a.seq = lineage.weight_parent(parents, roles);
    IF way.kind NOT IN ('checkpoint', 'adapter') THEN
        RAISE EXCEPTION 'checkpoint % starts from a %', new.seq, way.kind
            USING ERRCODE = 'PL037';
    END IF;
    SELECT coalesce(a.original, a.seq) INTO began FROM lineage.artifact a
    JOIN lineage.edge e ON e.parent = a.seq
    WHERE e.child = new.seq AND e.role = CASE WHEN fresh THEN 'replaces' ELSE 'init' END;
    IF (new.weight_root, new.weight_depth) IS DISTINCT FROM
        (coalesce(way.weight_root, new.seq), coalesce(way.weight_depth + 1, 0))
        OR new.original IS DISTINCT FROM
        (CASE WHEN made.kind = 'unlearn' THEN began ELSE way.original END)
    THEN
        RAISE EXCEPTION 'the original or root of checkpoint % is not that of its parent', new.seq
            USING ERRCODE = 'PL038';
    END IF;
    IF 'anchor' = ANY (roles) AND (
        made.kind IS DISTINCT FROM 'unlearn' OR EXISTS (
            SELECT FROM unnest(parents, roles) p (seq, role)
            WHERE p.role = 'anchor' AND NOT lineage.derives(p.seq, new.original, NULL)
        )
    ) THEN
        RAISE EXCEPTION 'checkpoint % is held to what does not come from its original', new.seq
            USING ERRCODE = 'PL043';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION lineage.note_twin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Of two that are born at once the second waits and then sees the first.
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(new.content_digest, 'hex'), 7));
    INSERT INTO lineage.content_twin (artifact)
    SELECT x.seq FROM lineage.artifact a
    CROSS JOIN LATERAL (VALUES (a.seq), (new.seq)) x (seq)
    WHERE a.content_digest = new.content_digest AND a.seq <> new.seq
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER note_twin AFTER INSERT ON lineage.artifact
FOR EACH ROW EXECUTE FUNCTION lineage.note_twin();

-- An adapter is a checkpoint in all this; a retrained one compares with what it replaces.
CREATE OR REPLACE FUNCTION lineage.comparable(subject bigint, reference bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = comparable.subject AND a.original = comparable.reference
    ) OR EXISTS (
        SELECT FROM lineage.edge e
        WHERE e.child = comparable.subject AND e.parent = comparable.reference
            AND e.role IN ('init', 'teacher', 'replaces')
    );
$$;

CREATE FUNCTION lineage.check_import() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF new.declared_digest <> (
        SELECT a.content_digest FROM lineage.artifact a WHERE a.seq = new.artifact
    ) THEN
        RAISE EXCEPTION 'the content of artifact % is not what its source declared', new.artifact
            USING ERRCODE = 'PL044';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_import BEFORE INSERT ON lineage.import
FOR EACH ROW EXECUTE FUNCTION lineage.check_import();

-- Requests -----------------------------------------------------------------------------------

CREATE FUNCTION lineage.check_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM lineage.artifact a
        WHERE a.seq = new.forget_set AND a.kind = 'forget_set'
            AND a.content_digest = new.commitment
    ) THEN
        RAISE EXCEPTION 'forget set % is not the one that request ''%'' commits to',
            new.forget_set, new.name USING ERRCODE = 'PL045';
    END IF;
    IF NOT EXISTS (SELECT FROM lineage.policy p WHERE p.name = new.policy) THEN
        RAISE EXCEPTION 'there is no policy ''%''', new.policy USING ERRCODE = 'PL046';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_request BEFORE INSERT ON lineage.forget_request
FOR EACH ROW EXECUTE FUNCTION lineage.check_request();

CREATE FUNCTION lineage.check_application() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lineage.run r WHERE r.seq = new.run AND r.kind = 'unlearn') THEN
        RAISE EXCEPTION 'run % does not unlearn', new.run USING ERRCODE = 'PL047';
    END IF;
    IF EXISTS (
        SELECT FROM lineage.artifact a WHERE a.run = new.run AND a.born <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'run % is sealed; what it applied was fixed then', new.run
            USING ERRCODE = 'PL031';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_application BEFORE INSERT ON lineage.unlearn_application
FOR EACH ROW EXECUTE FUNCTION lineage.check_application();

-- Evidence, scores, verdicts -----------------------------------------------------------------

CREATE FUNCTION lineage.check_evidence() RETURNS trigger
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
CREATE TRIGGER check_evidence BEFORE INSERT ON lineage.evidence
FOR EACH ROW EXECUTE FUNCTION lineage.check_evidence();

CREATE FUNCTION lineage.check_score() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM lineage.evidence e
        CROSS JOIN LATERAL lineage.scores_of(e.metrics, new.formula) s
        WHERE e.seq = new.evidence
            AND (s.name, s.value, s.ci_low, s.ci_high, s.raw)
                = (new.name, new.value, new.ci_low, new.ci_high, new.raw)
    ) THEN
        RAISE EXCEPTION 'score ''%'' does not follow from evidence %', new.name, new.evidence
            USING ERRCODE = 'PL051';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_score BEFORE INSERT ON lineage.score
FOR EACH ROW EXECUTE FUNCTION lineage.check_score();

CREATE FUNCTION lineage.check_verdict() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last lineage.verdict := lineage.current_verdict(new.artifact, new.request, 'infinity');
    due record;
BEGIN
    IF new.supersedes IS DISTINCT FROM last.seq THEN
        RAISE EXCEPTION 'a verdict supersedes the current one, which is %', last.seq
            USING ERRCODE = 'PL052';
    END IF;
    IF NOT EXISTS (
        SELECT FROM lineage.artifact a JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.seq = new.artifact AND u.request = new.request
    ) THEN
        RAISE EXCEPTION 'artifact % was not made to fulfil request %', new.artifact, new.request
            USING ERRCODE = 'PL050';
    END IF;
    IF new.policy <> lineage.policy_of(new.request, 'infinity') THEN
        RAISE EXCEPTION 'policy % is not the one in force for request %', new.policy, new.request
            USING ERRCODE = 'PL046';
    END IF;
    IF new.evidence IS NULL THEN RETURN new; END IF;
    SELECT j.*, e.subject, e.request, e.evaluator, e.reference INTO due
    FROM lineage.evidence e CROSS JOIN LATERAL lineage.judgement(e.seq, new.policy) j
    WHERE e.seq = new.evidence;
    IF (due.subject, due.request) IS DISTINCT FROM (new.artifact, new.request)
        OR due.reference IS DISTINCT FROM (
            SELECT a.original FROM lineage.artifact a WHERE a.seq = new.artifact
        )
    THEN
        RAISE EXCEPTION 'evidence % does not compare artifact % with its original for request %',
            new.evidence, new.artifact, new.request USING ERRCODE = 'PL053';
    END IF;
    IF new.result <> 'withdrawn' AND (
        (new.result, new.reasons) <> (due.result, due.reasons)
        OR lineage.revoked(due.evaluator, 'infinity')
    ) THEN
        RAISE EXCEPTION 'evidence % gives % under policy %', new.evidence, due.result, new.policy
            USING ERRCODE = 'PL054';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_verdict BEFORE INSERT ON lineage.verdict
FOR EACH ROW EXECUTE FUNCTION lineage.check_verdict();

-- Deployments --------------------------------------------------------------------------------

CREATE FUNCTION lineage.gate_is_on(environment text, as_of timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((
        SELECT g.enabled FROM lineage.deployment_gate g
        WHERE g.environment = gate_is_on.environment AND g.at <= as_of
        ORDER BY g.seq DESC
        LIMIT 1
    ), true);
END $$;

-- The requests that are open and, by a source among what `artifact` was made from, concern it.
CREATE FUNCTION lineage.concerns(artifact bigint, as_of timestamptz) RETURNS TABLE (
    request bigint, sources bigint[], touched boolean
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    around bigint[];
BEGIN
    WITH RECURSIVE up (seq) AS (
        SELECT artifact
        UNION
        SELECT n.seq FROM up
        CROSS JOIN LATERAL (
            SELECT e.parent AS seq FROM lineage.edge e
            WHERE e.child = up.seq AND e.role = ANY (lineage.influences())
            UNION ALL
            SELECT t.seq FROM lineage.content_twin c
            JOIN lineage.artifact a ON a.seq = c.artifact
            JOIN lineage.artifact t ON t.content_digest = a.content_digest AND t.seq <> a.seq
            WHERE c.artifact = up.seq AND t.recorded_at <= as_of
        ) n
    )
    SELECT array_agg(up.seq) INTO around FROM up;
    RETURN QUERY
    WITH applied AS MATERIALIZED (
        SELECT DISTINCT u.request FROM lineage.artifact a
        JOIN lineage.unlearn_application u ON u.run = a.run
        WHERE a.seq = ANY (around)
    )
    SELECT s.request, array_agg(s.artifact), EXISTS (
        SELECT FROM applied u WHERE u.request = s.request
    )
    FROM lineage.exposure_source s
    WHERE s.artifact = ANY (around) AND s.recorded_at <= as_of
        AND NOT lineage.corrected('lineage.exposure_source', s.seq, as_of)
        AND NOT EXISTS (
            SELECT FROM lineage.forget_request_event w
            WHERE w.request = s.request AND w.recorded_at <= as_of
        )
    GROUP BY s.request;
END $$;

-- Runs as its owner, since what it reads and keeps is nobody else's.
CREATE FUNCTION lineage.check_deployment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong record;
BEGIN
    IF new.event <> 'live' THEN RETURN new; END IF;
    -- Whoever is changing verdicts or sources at this moment comes first; then we look.
    PERFORM pg_advisory_xact_lock_shared(7215331048);
    IF lineage.gate_is_on(new.environment, 'infinity') THEN
        SELECT q.name, s.status INTO wrong FROM lineage.concerns(new.artifact, 'infinity') c
        JOIN lineage.forget_request q ON q.seq = c.request
        CROSS JOIN LATERAL lineage.status(new.artifact, c.request) s (status)
        WHERE s.status NOT IN ('clean', 'cleansed')
        ORDER BY q.seq
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'artifact % is % for request ''%'' and must not go live in %',
                new.artifact, wrong.status, wrong.name, new.environment USING ERRCODE = 'PL055';
        END IF;
    END IF;
    INSERT INTO lineage.deployed_ancestor (ancestor, deployed)
    WITH RECURSIVE up (seq) AS (
        SELECT new.artifact
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
        WHERE e.role = ANY (lineage.influences())
    )
    SELECT up.seq, new.artifact FROM up ON CONFLICT DO NOTHING;
    RETURN new;
END $$;
CREATE TRIGGER check_deployment BEFORE INSERT ON lineage.deployment_event
FOR EACH ROW EXECUTE FUNCTION lineage.check_deployment();
