-- What those write who answer for requests, policies and deployments. No function here names an
-- item that is to be forgotten: requests carry commitments.

CREATE FUNCTION lineage.request_number(request text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    SELECT q.seq INTO found FROM lineage.forget_request q
    WHERE q.name = request_number.request OR q.id::text = lower(request_number.request);
    IF found IS NULL THEN
        RAISE EXCEPTION 'no request is known as ''%''', request USING
            ERRCODE = 'PL010', HINT = 'SELECT name FROM lineage.requests lists them';
    END IF;
    RETURN found;
END $$;

-- Opens a request. `commitment` is the Merkle root of the items, each hashed under the request's
-- key; `sources` are the artifacts where they came in; the list itself comes encrypted, or not.
CREATE FUNCTION lineage.request_forgetting(
    name text, scope text, commitment bytea, items integer, basis text, sources text[],
    due_at timestamptz DEFAULT NULL, policy text DEFAULT 'default', nonce bytea DEFAULT NULL,
    ciphertext bytea DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint := lineage.open_request(
        name, scope, commitment, items, basis, due_at, policy
    );
BEGIN
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

-- The encrypted list of a request, for who has its key.
CREATE FUNCTION lineage.sealed_list(request text) RETURNS TABLE (
    id uuid, commitment bytea, nonce bytea, ciphertext bytea
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT q.id, q.commitment, l.nonce, l.ciphertext
    FROM lineage.forget_request q LEFT JOIN lineage.forget_list l ON l.request = q.seq
    WHERE q.seq = lineage.request_number(sealed_list.request);
$$;

CREATE FUNCTION lineage.withdraw_request(
    request text, superseded_by text DEFAULT NULL
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.forget_request_event (request, event, superseded_by)
    VALUES (
        lineage.request_number(withdraw_request.request),
        CASE WHEN superseded_by IS NULL THEN 'withdrawn' ELSE 'superseded' END,
        CASE WHEN superseded_by IS NOT NULL THEN lineage.request_number(superseded_by) END
    );
$$;

CREATE FUNCTION lineage.add_source(
    request text, ref text, found text DEFAULT 'searched'
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.exposure_source (request, artifact, found)
    VALUES (
        lineage.request_number(add_source.request), lineage.resolve(ref), add_source.found
    ) ON CONFLICT DO NOTHING;
$$;

-- Judges an unlearned checkpoint again, on its newest evidence against its original.
CREATE FUNCTION lineage.judge(ref text, request text) RETURNS TABLE (
    result text, reasons text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    about bigint := lineage.request_number(request);
    on_this bigint;
    made lineage.verdict;
BEGIN
    SELECT e.seq INTO on_this FROM lineage.evidence e
    JOIN lineage.artifact a ON a.seq = e.subject AND a.original = e.reference
    WHERE e.subject = asked AND e.request = about AND NOT lineage.revoked(e.evaluator, 'infinity')
        AND NOT lineage.corrected('lineage.evidence', e.seq, 'infinity')
    ORDER BY e.seq DESC
    LIMIT 1;
    IF on_this IS NULL THEN
        RAISE EXCEPTION 'nothing was measured of ''%'' against its original for request ''%''',
            ref, request USING
            ERRCODE = 'PL010', HINT = 'evaluate it with metrics integrity and forgetting';
    END IF;
    made := lineage.decide(asked, about, on_this, session_user);
    RETURN QUERY SELECT made.result, made.reasons;
END $$;

-- Takes the current verdict back, with no other in its place.
CREATE FUNCTION lineage.withdraw_verdict(ref text, request text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint := lineage.resolve(ref);
    about bigint := lineage.request_number(request);
    last lineage.verdict;
BEGIN
    PERFORM pg_advisory_xact_lock(7215331048);
    last := lineage.current_verdict(asked, about, 'infinity');
    IF last.seq IS NULL OR last.result = 'withdrawn' THEN
        RAISE EXCEPTION 'there is no verdict on ''%'' for request ''%'' to withdraw', ref, request
            USING ERRCODE = 'PL010';
    END IF;
    INSERT INTO lineage.verdict (artifact, request, policy, evidence, result, supersedes)
    VALUES (
        asked, about, lineage.policy_of(about, 'infinity'), last.evidence, 'withdrawn', last.seq
    );
END $$;

-- Puts a new version of a policy in force. Verdicts under the old one count no longer; each is
-- given again from its evidence at once.
CREATE FUNCTION lineage.adopt_policy(
    name text, forgetting_min double precision, leak_max double precision,
    validity_min double precision, integrity_max double precision,
    min_pairs integer DEFAULT 1000, attack_max double precision DEFAULT NULL,
    near_max double precision DEFAULT NULL, floor_max double precision DEFAULT 0.001
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    made lineage.policy;
BEGIN
    INSERT INTO lineage.policy (
        name, version, forgetting_min, leak_max, validity_min, integrity_max, min_pairs,
        attack_max, near_max, floor_max
    ) SELECT
        adopt_policy.name, coalesce(max(p.version), 0) + 1, adopt_policy.forgetting_min,
        adopt_policy.leak_max, adopt_policy.validity_min, adopt_policy.integrity_max,
        adopt_policy.min_pairs, adopt_policy.attack_max, adopt_policy.near_max,
        adopt_policy.floor_max
    FROM lineage.policy p WHERE p.name = adopt_policy.name
    RETURNING * INTO made;
    PERFORM lineage.decide(v.artifact, v.request, v.evidence, 'policy')
    FROM lineage.forget_request q
    JOIN lineage.verdict v ON v.request = q.seq
    JOIN lineage.evidence e ON e.seq = v.evidence
    WHERE q.policy = made.name AND v.result <> 'withdrawn'
        AND NOT EXISTS (SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq)
        AND NOT lineage.revoked(e.evaluator, 'infinity');
    RETURN made.version;
END $$;

CREATE FUNCTION lineage.register_evaluator(
    digest bytea, protocol text, version integer
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.evaluator (digest, protocol, version)
    VALUES (
        register_evaluator.digest, register_evaluator.protocol, register_evaluator.version
    );
$$;

-- Says that an evaluator measures wrongly, or that it does not after all.
CREATE FUNCTION lineage.revoke_evaluator(digest text, restore boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO lineage.evaluator_event (evaluator, event)
    SELECT v.seq, CASE WHEN restore THEN 'restored' ELSE 'revoked' END
    FROM lineage.evaluator v
    WHERE encode(v.digest, 'hex') LIKE lower(revoke_evaluator.digest) || '%'
        AND length(revoke_evaluator.digest) >= 12
        AND lineage.revoked(v.seq, 'infinity') = restore;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no evaluator that could be revoked or restored has the digest ''%''',
            digest USING ERRCODE = 'PL010', HINT = 'give at least 12 of its digits';
    END IF;
END $$;

CREATE FUNCTION lineage.correct(
    target_table text, target_key bigint, reason text, replacement bigint DEFAULT NULL
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.correction (target_table, target_key, reason, replacement)
    VALUES (correct.target_table, correct.target_key, correct.reason, correct.replacement);
$$;

-- Says where an artifact is in use from now on: live, drained, retired, blocked, blob_deleted.
CREATE FUNCTION lineage.deploy(
    ref text, environment text, event text DEFAULT 'live'
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.deployment_event (artifact, environment, event)
    VALUES (lineage.resolve(ref), deploy.environment, deploy.event);
$$;

CREATE FUNCTION lineage.set_gate(environment text, enabled boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.deployment_gate (environment, enabled)
    VALUES (set_gate.environment, set_gate.enabled);
$$;
