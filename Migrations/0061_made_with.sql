-- What runs are made with: each start of a worker names the bytes of its program and describes what
-- it stands on; the runs that it seals carry the digests of both.

ALTER TABLE queue.worker
    ADD COLUMN code_digest bytea CHECK (length(code_digest) = 32),
    -- Canonical JSON, {libraries: {name: digest}, machine, system}.
    ADD COLUMN environment text CHECK (jsonb_typeof(environment::jsonb) = 'object'),
    ADD COLUMN environment_digest bytea
        CHECK (environment_digest = sha256(convert_to(environment, 'UTF8')));

-- Records the start of a worker with what it is, where it says so.
CREATE FUNCTION queue.enlist(
    incarnation uuid, kind text, offer jsonb, code bytea, environment text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO queue.worker (
        incarnation, kind, offer, code_digest, environment, environment_digest
    ) VALUES (
        enlist.incarnation, enlist.kind, enlist.offer, enlist.code, enlist.environment,
        sha256(convert_to(enlist.environment, 'UTF8'))
    );
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'incarnation % has started before; each start of a worker needs its own',
        enlist.incarnation USING ERRCODE = 'PL004';
END $$;

CREATE OR REPLACE FUNCTION queue.enlist(incarnation uuid, kind text, offer jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT queue.enlist(incarnation, kind, offer, NULL, NULL);
$$;

-- Fills in what the worker that holds the job was made of. Operators on a processor give the same
-- bits for the same bytes; those on an accelerator need not.
CREATE FUNCTION lineage.fill_maker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT
        coalesce(new.code_digest, w.code_digest),
        coalesce(new.environment_digest, w.environment_digest),
        coalesce(new.deterministic, w.offer ->> 'device_class' = 'cpu')
    INTO new.code_digest, new.environment_digest, new.deterministic
    FROM (SELECT) one
    LEFT JOIN queue.job j ON j.id = new.job AND j.epoch = new.epoch
    LEFT JOIN queue.worker w ON w.incarnation = j.lease_owner;
    RETURN new;
END $$;
CREATE TRIGGER fill_maker BEFORE INSERT ON lineage.run
FOR EACH ROW EXECUTE FUNCTION lineage.fill_maker();

-- What a run stood on, by the digest that it carries.
CREATE FUNCTION lineage.environment_of(ref text) RETURNS TABLE (
    run_id uuid, code text, environment text, deterministic boolean, description jsonb
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT
        r.run_id, encode(r.code_digest, 'hex'), encode(r.environment_digest, 'hex'),
        r.deterministic, (
            SELECT w.environment::jsonb FROM queue.worker w
            WHERE w.environment_digest = r.environment_digest
            LIMIT 1
        )
    FROM lineage.artifact a JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq = lineage.resolve(ref);
END $$;

REVOKE ALL ON FUNCTION
    queue.enlist(uuid, text, jsonb, bytea, text), lineage.fill_maker, lineage.environment_of
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.enlist(uuid, text, jsonb, bytea, text)
TO palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT EXECUTE ON FUNCTION lineage.environment_of
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor;
