-- The id of a run is known when its attempt is claimed. It used to be drawn at random when the run
-- was sealed, too late for an event that tells of its start; drawn at the claim it would have to be
-- kept somewhere and looked up. So it is computed, by whoever has the job's id and the epoch. Runs
-- that are sealed keep the ids that they have.

-- A UUID of version 8 (RFC 9562), whose bits are their maker's to choose: here those of a hash. Two
-- bits beside the variant stay zero, so that the hash is named once and the body can be inlined.
CREATE FUNCTION lineage.run_id(job uuid, epoch bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE RETURN overlay(
    overlay(left(encode(sha256(uuid_send(job) || int8send(epoch)), 'hex'), 32) PLACING '8' FROM 13)
    PLACING '8' FROM 17
)::uuid;

CREATE OR REPLACE FUNCTION lineage.fill_maker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    new.run_id := lineage.run_id(new.job, new.epoch);
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

REVOKE ALL ON FUNCTION lineage.run_id FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.run_id TO palimpsest_reader, palimpsest_auditor;
