-- What looks like an id is an id. A name in its form was taken first, and could so stand for another
-- job's checkpoint or another request.

CREATE FUNCTION lineage.is_id(ref text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN ref ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
REVOKE ALL ON FUNCTION lineage.is_id FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.is_id TO palimpsest_asker;

CREATE OR REPLACE FUNCTION lineage.resolve(ref text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint[];
    first bytea;
    last bytea;
BEGIN
    IF lineage.is_id(ref) THEN
        SELECT ARRAY[lineage.main_output(r.seq)] INTO found FROM lineage.run r
        WHERE r.job = ref::uuid;
        IF found[1] IS NOT NULL THEN RETURN found[1]; END IF;
        RAISE EXCEPTION 'job % has no sealed output', ref USING ERRCODE = 'PL010';
    END IF;
    SELECT ARRAY[e.artifact] INTO found FROM lineage.alias_event e
    WHERE e.name = ref ORDER BY e.seq DESC LIMIT 1;
    IF found IS NOT NULL THEN RETURN found[1]; END IF;
    IF ref ~ '^[0-9a-fA-F]{12,64}$' THEN
        first := decode(rpad(ref, 64, '0'), 'hex');
        last := decode(rpad(ref, 64, 'f'), 'hex');
        SELECT array_agg(a.seq) INTO found FROM (
            SELECT seq FROM lineage.artifact WHERE digest BETWEEN first AND last LIMIT 10
        ) a;
        IF found IS NULL THEN
            SELECT array_agg(a.seq) INTO found FROM (
                SELECT seq FROM lineage.artifact WHERE content_digest BETWEEN first AND last
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

CREATE OR REPLACE FUNCTION lineage.request_number(request text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    SELECT q.seq INTO found FROM lineage.forget_request q
    WHERE q.name = CASE WHEN NOT lineage.is_id(request) THEN request_number.request END
        OR q.id = CASE WHEN lineage.is_id(request) THEN request_number.request::uuid END;
    IF found IS NULL THEN
        RAISE EXCEPTION 'no request is known as ''%''', request USING
            ERRCODE = 'PL010', HINT = 'SELECT name FROM lineage.requests lists them';
    END IF;
    RETURN found;
END $$;

-- Rows that there are keep their names, under which nothing finds them any more.
ALTER TABLE lineage.alias_event
ADD CONSTRAINT alias_event_is_no_id CHECK (NOT lineage.is_id(name)) NOT VALID;
ALTER TABLE lineage.forget_request
ADD CONSTRAINT forget_request_is_no_id CHECK (NOT lineage.is_id(name)) NOT VALID;
