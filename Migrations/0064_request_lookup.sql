-- A request is found by its name or its id through an index each. Every experiment opens a request,
-- so there may be as many as unlearnings, and a scan for each question grew with them: 10,000
-- questions on 10,000 requests took minutes.

CREATE OR REPLACE FUNCTION lineage.request_number(request text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    SELECT q.seq INTO found FROM lineage.forget_request q
    WHERE q.name = request_number.request;
    IF found IS NULL AND request ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        SELECT q.seq INTO found FROM lineage.forget_request q
        WHERE q.id = request_number.request::uuid;
    END IF;
    IF found IS NULL THEN
        RAISE EXCEPTION 'no request is known as ''%''', request USING
            ERRCODE = 'PL010', HINT = 'SELECT name FROM lineage.requests lists them';
    END IF;
    RETURN found;
END $$;
