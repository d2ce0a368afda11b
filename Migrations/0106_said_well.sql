-- What officers and deployers say wrongly is refused in sentences that say what would be right. A
-- constraint's own text names neither, and puts the whole row into the server's log, with what may
-- have been somebody's name.

-- Requests ------------------------------------------------------------------------------------

-- Refuses what cannot name anything, without repeating it.
CREATE FUNCTION lineage.check_name(what text, given text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF given ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$' AND given !~ '^[0-9a-fA-F]{12,}$' THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'this cannot name %', what USING
        ERRCODE = 'PL080',
        HINT = 'a name is a letter and up to 99 letters, digits, dots, dashes and underscores, '
            'and does not look like a digest';
END $$;

-- Refuses a reason that is not one word, in which there could be somebody's name.
CREATE FUNCTION lineage.check_reason(what text, given text, example text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF given ~ '^[a-z][a-z0-9_]{0,49}$' THEN RETURN; END IF;
    RAISE EXCEPTION '% is one word, and tells of nobody', what USING
        ERRCODE = 'PL080',
        HINT = 'a small letter and up to 49 small letters, digits and underscores, such as '
            || example;
END $$;

CREATE OR REPLACE FUNCTION lineage.request_forgetting(
    name text, scope text, commitment bytea, items integer, basis text, sources text[],
    due_at timestamptz DEFAULT NULL, policy text DEFAULT 'default', nonce bytea DEFAULT NULL,
    ciphertext bytea DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM lineage.check_name('a request', name);
    PERFORM lineage.check_words(
        'scope', ARRAY[scope], ARRAY['sample', 'subject', 'concept', 'style', 'dataset']
    );
    PERFORM lineage.check_reason('the basis of a request', basis, 'subject_request');
    IF due_at < clock_timestamp() THEN
        RAISE EXCEPTION 'a request is due after it came; this time lies in the past'
            USING ERRCODE = 'PL080';
    ELSIF (length(commitment) = 32 AND items >= 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'a commitment is 32 bytes, to items that are counted'
            USING ERRCODE = 'PL080';
    ELSIF EXISTS (SELECT FROM lineage.forget_request q WHERE q.name = request_forgetting.name) THEN
        RAISE EXCEPTION 'the request ''%'' exists', name USING
            ERRCODE = 'PL056', HINT = 'SELECT name FROM lineage.requests lists them';
    END IF;
    made := lineage.open_request(name, scope, commitment, items, basis, due_at, policy);
    INSERT INTO lineage.exposure_source (request, artifact, found)
    SELECT DISTINCT made, lineage.resolve(s), 'declared' FROM unnest(sources) s;
    IF ciphertext IS NOT NULL THEN
        INSERT INTO lineage.forget_list (request, cipher, nonce, ciphertext)
        VALUES (
            made, 'aes-256-gcm', request_forgetting.nonce, request_forgetting.ciphertext
        );
    END IF;
    RETURN (SELECT q.id FROM lineage.forget_request q WHERE q.seq = made);
END $$;

CREATE OR REPLACE FUNCTION lineage.withdraw_request(
    request text, superseded_by text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.request_number(request);
    better bigint := CASE
        WHEN superseded_by IS NOT NULL THEN lineage.request_number(superseded_by)
    END;
    before text;
BEGIN
    IF asked = better THEN
        RAISE EXCEPTION 'request ''%'' cannot stand in its own place', request USING
            ERRCODE = 'PL080', HINT = 'name another request, or none';
    END IF;
    SELECT w.event || coalesce(' by ''' || q.name || '''', '') INTO before
    FROM lineage.forget_request_event w
    LEFT JOIN lineage.forget_request q ON q.seq = w.superseded_by
    WHERE w.request = asked;
    IF FOUND THEN
        RAISE EXCEPTION 'request ''%'' is % already', request, before USING ERRCODE = 'PL081';
    END IF;
    -- Nobody would be left to ask for it.
    IF EXISTS (SELECT FROM lineage.forget_request_event w WHERE w.request = better) THEN
        RAISE EXCEPTION 'request ''%'' is over, so it cannot stand in the place of ''%''',
            superseded_by, request USING ERRCODE = 'PL080', HINT = 'name one that is open';
    END IF;
    INSERT INTO lineage.forget_request_event (request, event, superseded_by)
    VALUES (asked, CASE WHEN better IS NULL THEN 'withdrawn' ELSE 'superseded' END, better);
END $$;

CREATE OR REPLACE FUNCTION lineage.add_source(
    request text, ref text, found text DEFAULT 'searched'
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT lineage.check_words(
        'way to find a source', ARRAY[add_source.found], ARRAY['declared', 'searched', 'believed']
    );
    INSERT INTO lineage.exposure_source (request, artifact, found)
    VALUES (
        lineage.request_number(add_source.request), lineage.resolve(ref), add_source.found
    ) ON CONFLICT DO NOTHING;
$$;

CREATE OR REPLACE FUNCTION lineage.correct(
    target_table text, target_key bigint, reason text, replacement bigint DEFAULT NULL
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT lineage.check_reason('the reason of a correction', correct.reason, 'entered_twice');
    INSERT INTO lineage.correction (target_table, target_key, reason, replacement)
    VALUES (correct.target_table, correct.target_key, correct.reason, correct.replacement);
$$;

-- Deployments ---------------------------------------------------------------------------------

CREATE FUNCTION lineage.check_environment(environment text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF environment ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$' THEN RETURN; END IF;
    RAISE EXCEPTION 'this cannot name an environment' USING
        ERRCODE = 'PL080',
        HINT = 'a name is a letter and up to 99 letters, digits, dots, dashes and underscores, '
            'such as production';
END $$;

CREATE OR REPLACE FUNCTION lineage.deploy(
    ref text, environment text, event text DEFAULT 'live'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_environment(deploy.environment);
    PERFORM lineage.check_words(
        'event of a deployment', ARRAY[deploy.event],
        ARRAY['live', 'drained', 'retired', 'blocked', 'blob_deleted']
    );
    INSERT INTO lineage.deployment_event (artifact, environment, event)
    VALUES (lineage.resolve(ref), deploy.environment, deploy.event);
END $$;

CREATE OR REPLACE FUNCTION lineage.set_gate(environment text, enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_environment(set_gate.environment);
    INSERT INTO lineage.deployment_gate (environment, enabled)
    VALUES (set_gate.environment, set_gate.enabled);
END $$;

-- What people call an artifact: its name, else as many digits as make a reference.
CREATE FUNCTION lineage.called(artifact bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce(lineage.name_of(artifact), (
        SELECT left(encode(a.digest, 'hex'), 12) FROM lineage.artifact a
        WHERE a.seq = called.artifact
    ), 'artifact ' || artifact);
END $$;

CREATE OR REPLACE FUNCTION lineage.check_deployment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    wrong text;
BEGIN
    IF new.event <> 'live' THEN RETURN new; END IF;
    -- Whoever is changing verdicts or sources at this moment comes first; then we look.
    PERFORM pg_advisory_xact_lock_shared(7215331048);
    IF lineage.gate_is_on(new.environment, 'infinity') THEN
        SELECT string_agg(w.status || ' for request ''' || w.name || '''', ', ' ORDER BY w.seq)
        INTO wrong FROM (
            SELECT q.seq, q.name, s.status
            FROM lineage.concerns(new.artifact, 'infinity') c
            JOIN lineage.forget_request q ON q.seq = c.request
            CROSS JOIN LATERAL lineage.status(new.artifact, c.request) s (status)
            WHERE s.status NOT IN ('clean', 'cleansed')
            ORDER BY q.seq
            LIMIT 10
        ) w;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION '''%'' is % and must not go live in %', lineage.called(new.artifact),
                wrong, new.environment USING ERRCODE = 'PL055';
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

-- Tenants -------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION lineage.check_tenancy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM lineage.edge e LEFT JOIN lineage.tenancy t ON t.artifact = e.child
        WHERE e.parent = new.artifact AND t.tenant IS DISTINCT FROM new.tenant
    ) OR EXISTS (
        SELECT FROM lineage.edge e JOIN lineage.tenancy t ON t.artifact = e.parent
        WHERE e.child = new.artifact AND t.tenant <> new.tenant
    ) THEN
        RAISE EXCEPTION 'what ''%'' was made from, or what was made from it, is not that tenant''s',
            lineage.called(new.artifact) USING ERRCODE = 'PL059';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE FUNCTION lineage.give(ref text, tenant text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given bigint := lineage.resolve(ref);
BEGIN
    IF EXISTS (SELECT FROM lineage.tenancy t WHERE t.artifact = given) THEN
        RAISE EXCEPTION '''%'' is a tenant''s already', ref USING ERRCODE = 'PL081';
    END IF;
    INSERT INTO lineage.tenancy (artifact, tenant)
    SELECT given, t.seq FROM lineage.tenant t WHERE t.name = give.tenant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant ''%''', tenant USING ERRCODE = 'PL059';
    END IF;
END $$;

REVOKE ALL ON FUNCTION
    lineage.check_name, lineage.check_reason, lineage.check_environment, lineage.called
FROM PUBLIC;
