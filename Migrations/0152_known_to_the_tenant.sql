-- What a job asks for is looked up as its tenant would see it. References were resolved as the
-- operator sees them, and a request was compared with the job before anybody looked whose it is: the
-- answer told a tenant what other tenants' requests are called and commit to.

-- The number of a job's tenant, null without one; 0 where there is none of that name, who is shown
-- what is everybody's.
CREATE FUNCTION lineage.tenant_number(tenant text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN tenant_number.tenant IS NOT NULL THEN
        coalesce((SELECT t.seq FROM lineage.tenant t WHERE t.name = tenant_number.tenant), 0)
    END;
$$;

-- The artifact that a reference means to a tenant, or without one to whoever asks.
CREATE FUNCTION lineage.resolve_for(tenant bigint, ref text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint[];
    first bytea;
    last bytea;
BEGIN
    IF lineage.is_id(ref) THEN
        SELECT ARRAY[m.seq] INTO found FROM lineage.run r
        CROSS JOIN LATERAL lineage.main_output(r.seq) m (seq)
        WHERE r.job = ref::uuid
            AND (resolve_for.tenant IS NULL OR lineage.sees(resolve_for.tenant, m.seq));
        IF found[1] IS NOT NULL THEN RETURN found[1]; END IF;
        RAISE EXCEPTION 'job % has no sealed output', ref USING ERRCODE = 'PL010';
    END IF;
    SELECT ARRAY[e.artifact] INTO found FROM lineage.alias_event e
    WHERE e.name = ref
        AND (resolve_for.tenant IS NULL OR lineage.sees(resolve_for.tenant, e.artifact))
    ORDER BY e.seq DESC LIMIT 1;
    IF found IS NOT NULL THEN RETURN found[1]; END IF;
    IF ref ~ '^[0-9a-fA-F]{12,64}$' THEN
        first := decode(rpad(ref, 64, '0'), 'hex');
        last := decode(rpad(ref, 64, 'f'), 'hex');
        SELECT array_agg(a.seq) INTO found FROM (
            SELECT x.seq FROM lineage.artifact x
            WHERE x.digest BETWEEN first AND last
                AND (resolve_for.tenant IS NULL OR lineage.sees(resolve_for.tenant, x.seq))
            LIMIT 10
        ) a;
        IF found IS NULL THEN
            SELECT array_agg(a.seq) INTO found FROM (
                SELECT x.seq FROM lineage.artifact x
                WHERE x.content_digest BETWEEN first AND last
                    AND (resolve_for.tenant IS NULL OR lineage.sees(resolve_for.tenant, x.seq))
                LIMIT 10
            ) a;
        END IF;
        IF cardinality(found) = 1 THEN RETURN found[1]; END IF;
        IF cardinality(found) > 1 THEN
            RAISE EXCEPTION '''%'' means more than one artifact', ref USING
                ERRCODE = 'PL011',
                HINT = 'name one of ' || (
                    SELECT string_agg(encode(a.digest, 'hex'), ', ' ORDER BY a.seq)
                    FROM lineage.artifact a WHERE a.seq = ANY (found)
                );
        END IF;
    END IF;
    RAISE EXCEPTION 'no artifact is known as ''%''', ref USING
        ERRCODE = 'PL010',
        HINT = 'give a name, a digest, at least 12 of its digits, or the id of a finished job';
END $$;

CREATE OR REPLACE FUNCTION lineage.resolve(ref text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN lineage.resolve_for(NULL, ref);
END $$;

-- Before the work: what an input of a tenant's job is.
CREATE FUNCTION lineage.described_to(tenant text, ref text) RETURNS TABLE (
    artifact text, content text, kind text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meant bigint := lineage.resolve_for(lineage.tenant_number(tenant), ref);
BEGIN
    RETURN QUERY SELECT encode(a.digest, 'hex'), encode(a.content_digest, 'hex'), a.kind
    FROM lineage.artifact a WHERE a.seq = meant;
END $$;

DROP FUNCTION queue.pin(jsonb);
CREATE FUNCTION queue.pin(wanted jsonb, tenant text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asks bigint := lineage.tenant_number(tenant);
    item record;
    found lineage.artifact;
    pinned jsonb := '[]';
    right_kind text;
BEGIN
    FOR item IN SELECT w.key AS role, w.value AS ref FROM jsonb_each_text(wanted) w ORDER BY 1
    LOOP
        SELECT a.* INTO found FROM lineage.artifact a
        WHERE a.seq = lineage.resolve_for(asks, item.ref);
        right_kind := CASE item.role
            WHEN 'dataset' THEN 'dataset' WHEN 'forget_request' THEN 'forget_set'
            ELSE 'checkpoint'
        END;
        IF found.kind <> right_kind THEN
            RAISE EXCEPTION 'inputs.% is ''%'', a %; it must be a %',
                item.role, item.ref, found.kind, right_kind USING ERRCODE = 'PL013';
        END IF;
        pinned := pinned || jsonb_build_object(
            'role', item.role, 'artifact', encode(found.digest, 'hex'),
            'content', encode(found.content_digest, 'hex'), 'kind', found.kind
        );
    END LOOP;
    PERFORM queue.check_comparison(pinned);
    RETURN pinned;
END $$;

CREATE OR REPLACE FUNCTION queue.settle(job uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
    done integer;
    broken record;
    pinned jsonb;
BEGIN
    SELECT * INTO j FROM queue.job q
    WHERE q.id = settle.job AND q.state = 'blocked' FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT k.id, k.state INTO broken FROM queue.job k
    WHERE k.id = ANY (j.after) AND k.state IN ('failed', 'cancelled')
    ORDER BY k.enqueue_seq
    LIMIT 1;
    IF FOUND THEN
        PERFORM queue.fail_waiting(
            j.id, 'dependency', 'job ' || broken.id || ', which it comes after, '
                || CASE broken.state WHEN 'failed' THEN 'failed' ELSE 'was cancelled' END
        );
        RETURN;
    END IF;
    SELECT count(*) INTO done FROM queue.job k
    WHERE k.id = ANY (j.after) AND k.state = 'succeeded';
    IF done < (SELECT count(DISTINCT n) FROM unnest(j.after) n) THEN RETURN; END IF;
    BEGIN
        pinned := queue.pin(j.wanted, j.labels ->> 'tenant');
    EXCEPTION
        WHEN SQLSTATE 'PL010' OR SQLSTATE 'PL011' OR SQLSTATE 'PL013' OR SQLSTATE 'PL039' THEN
            PERFORM queue.fail_waiting(j.id, 'invalid', SQLERRM);
            RETURN;
    END;
    UPDATE queue.job q SET
        state = 'queued', reason = 'queued', inputs = pinned,
        due = q.not_before <= clock_timestamp(),
        rank = queue.rank_at(greatest(q.not_before, clock_timestamp()), q.priority)
    WHERE q.id = j.id;
END $$;

CREATE OR REPLACE FUNCTION queue.retry(job uuid) RETURNS TABLE (retried uuid, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job;
    new_id uuid := gen_random_uuid();
    pinned jsonb;
BEGIN
    PERFORM queue.lock_id(retry.job);
    SELECT * INTO j FROM queue.job q WHERE q.id = retry.job;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no job %', retry.job USING ERRCODE = 'PL015';
    END IF;
    IF j.state NOT IN ('failed', 'cancelled') THEN
        RETURN QUERY SELECT j.id, false;
        RETURN;
    END IF;
    RETURN QUERY SELECT q.id, false FROM queue.job q
    WHERE q.retry_of = j.id AND q.state NOT IN ('failed', 'cancelled') LIMIT 1;
    IF FOUND THEN RETURN; END IF;
    -- A job that was never unblocked has nothing pinned yet.
    pinned := CASE
        WHEN j.inputs = '[]' THEN queue.pin(j.wanted, j.labels ->> 'tenant') ELSE j.inputs
    END;
    PERFORM queue.insert_job(
        new_id, j.canonical, '{}',
        to_jsonb(j) - ARRAY['idempotency_key', 'deadline', 'not_before']
            || jsonb_build_object('inputs', pinned),
        j.id
    );
    RETURN QUERY SELECT new_id, true;
END $$;

-- A request that the job's tenant may not know of is to him one that is not there.
CREATE OR REPLACE FUNCTION queue.check_forgetting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asks bigint := lineage.tenant_number(new.labels ->> 'tenant');
BEGIN
    PERFORM lineage.check_forgetting(array_agg(r.seq), new.spec -> 'forget') FROM (
        SELECT q.seq FROM lineage.forget_request q
        WHERE q.name = new.wanted ->> 'forget_request'
        UNION
        SELECT q.seq FROM jsonb_array_elements(new.inputs) i
        JOIN lineage.artifact f ON f.digest = decode(i ->> 'artifact', 'hex')
        JOIN lineage.forget_request q ON q.forget_set = f.seq
    ) r
    WHERE asks IS NULL OR lineage.sees_request(asks, r.seq)
    HAVING count(*) > 0;
    RETURN new;
END $$;

-- Again at the seal: sources of a request may have become another's since.
CREATE FUNCTION lineage.check_applicant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM lineage.run r
    JOIN queue.job j ON j.id = r.job
    WHERE r.seq = new.run AND j.labels ? 'tenant' AND NOT lineage.sees_request(
        lineage.tenant_number(j.labels ->> 'tenant'), new.request
    );
    IF FOUND THEN
        RAISE EXCEPTION 'run % forgets for a request that its tenant does not know', new.run
            USING ERRCODE = 'PL010';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_applicant BEFORE INSERT ON lineage.unlearn_application
FOR EACH ROW EXECUTE FUNCTION lineage.check_applicant();

-- Rights --------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION
    lineage.tenant_number, lineage.resolve_for, lineage.described_to, lineage.check_applicant,
    queue.pin
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.tenant_number, lineage.resolve_for TO palimpsest_asker;
GRANT EXECUTE ON FUNCTION lineage.described_to TO
    palimpsest_publisher, palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT CREATE ON SCHEMA lineage TO palimpsest_asker;
ALTER FUNCTION lineage.described_to OWNER TO palimpsest_asker;
REVOKE CREATE ON SCHEMA lineage FROM palimpsest_asker;
