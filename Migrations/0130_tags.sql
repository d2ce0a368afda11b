-- Names came from imports, requests and jobs alone. Officers give them too, such as one that means the
-- newest release; each time is a row of its own, so as-of answers have what the name meant then.

CREATE FUNCTION lineage.tag(ref text, name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meant bigint := lineage.resolve(ref);
    before bigint;
BEGIN
    IF lineage.is_id(name) THEN
        RAISE EXCEPTION 'this cannot name an artifact' USING
            ERRCODE = 'PL080', HINT = 'it looks like the id of a job';
    END IF;
    PERFORM lineage.check_name('an artifact', name);
    -- Of those who move one name at a time, each sees what the other made of it.
    PERFORM pg_advisory_xact_lock(hashtextextended('lineage.alias_event ' || name, 0));
    SELECT e.artifact INTO before FROM lineage.alias_event e
    WHERE e.name = tag.name ORDER BY e.seq DESC LIMIT 1;
    IF before = meant THEN
        RAISE EXCEPTION '''%'' is the name of that artifact already', name
            USING ERRCODE = 'PL081';
    END IF;
    -- A name that means one thing to its tenant and another to the operator would mislead both.
    IF before IS NOT NULL AND (
        SELECT t.tenant FROM lineage.tenancy t WHERE t.artifact = before
    ) IS DISTINCT FROM (
        SELECT t.tenant FROM lineage.tenancy t WHERE t.artifact = meant
    ) THEN
        RAISE EXCEPTION 'what ''%'' names now does not belong to whom ''%'' does', name, ref
            USING ERRCODE = 'PL059', HINT = 'give it another name';
    END IF;
    INSERT INTO lineage.alias_event (name, artifact) VALUES (tag.name, meant);
END $$;
REVOKE ALL ON FUNCTION lineage.tag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.tag TO palimpsest_officer;
