-- Whether an unlearning forgets what its request commits to. A commitment tells nothing without its
-- key; a job names its classes in the clear. So before a job may fulfil a request about classes,
-- the request is opened: the key of its items' codes is put here, with the codes. The list itself
-- stays sealed under another key. From then on whoever guesses an item can see whether it is one.

-- HMAC-SHA256 (RFC 2104) under a key of 32 bytes.
CREATE FUNCTION lineage.hmac_sha256(message bytea, key bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR i IN 0 .. length(key) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(key, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(key, i) # 92);
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || message));
END $$;

-- The root over leaves of these bytes (RFC 9162, section 2.1): an odd one moves up as it is.
CREATE FUNCTION lineage.merkle_root(leaves bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    level bytea[];
BEGIN
    SELECT array_agg(sha256('\x00'::bytea || l) ORDER BY i) INTO level
    FROM unnest(leaves) WITH ORDINALITY u (l, i);
    WHILE cardinality(level) > 1 LOOP
        SELECT array_agg(n ORDER BY i) INTO level FROM (
            SELECT i, CASE
                WHEN i < cardinality(level) THEN sha256('\x01'::bytea || level[i] || level[i + 1])
                ELSE level[i]
            END AS n
            FROM generate_series(1, cardinality(level), 2) i
        ) pairs;
    END LOOP;
    RETURN coalesce(level[1], sha256(''));
END $$;

-- The codes of items under a request's key, each once, ascending.
CREATE FUNCTION lineage.item_codes(items text[], key bytea) RETURNS bytea[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(c.code ORDER BY c.code), '{}') FROM (
        SELECT DISTINCT lineage.hmac_sha256(convert_to(i, 'UTF8'), key) AS code
        FROM unnest(items) i
    ) c;
$$;

CREATE TABLE lineage.forget_opening (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request bigint NOT NULL UNIQUE REFERENCES lineage.forget_request,
    item_key bytea NOT NULL CHECK (length(item_key) = 32),
    codes bytea[] NOT NULL,
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON lineage.forget_opening
FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change();
SELECT lineage.watch('lineage.forget_opening');

-- The codes are those that the request committed to.
CREATE FUNCTION lineage.check_opening() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    new.recorded_at := greatest(clock_timestamp(), (
        SELECT o.recorded_at FROM lineage.forget_opening o ORDER BY o.seq DESC LIMIT 1
    ));
    IF NOT EXISTS (
        SELECT FROM lineage.forget_request q
        WHERE q.seq = new.request AND q.items = cardinality(new.codes)
            AND q.commitment = lineage.merkle_root(new.codes)
    ) OR new.codes <> (SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(new.codes) c) THEN
        RAISE EXCEPTION 'these are not the codes that request % commits to', new.request
            USING ERRCODE = 'PL058';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER check_opening BEFORE INSERT ON lineage.forget_opening
FOR EACH ROW EXECUTE FUNCTION lineage.check_opening();

-- Opens a request; again changes nothing.
CREATE FUNCTION lineage.open_forgetting(request text, item_key bytea, codes bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lineage.forget_opening (request, item_key, codes)
    VALUES (
        lineage.request_number(open_forgetting.request), open_forgetting.item_key,
        open_forgetting.codes
    ) ON CONFLICT (request) DO NOTHING;
$$;

-- Refuses classes that are not, all together and nothing else, what the requests commit to. One
-- about samples, subjects or data may stay closed: its items are no classes, and then nothing can
-- be said. An experiment's own request, which taints nothing, commits to its job.
CREATE FUNCTION lineage.check_forgetting(requests bigint[], classes jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text[] := ARRAY(SELECT jsonb_array_elements_text(classes));
    asked record;
    covered text[] := '{}';
    all_open boolean := true;
BEGIN
    FOR asked IN
        SELECT q.name, q.scope IN ('concept', 'style') AS of_classes, o.item_key, o.codes
        FROM lineage.forget_request q
        LEFT JOIN lineage.forget_opening o ON o.request = q.seq
        WHERE q.seq = ANY (requests) AND NOT (q.basis = 'job' AND NOT EXISTS (
            SELECT FROM lineage.exposure_source s WHERE s.request = q.seq
        ))
        ORDER BY q.seq
    LOOP
        IF asked.item_key IS NULL AND asked.of_classes THEN
            RAISE EXCEPTION 'request ''%'' is not opened, so nobody can see whether the job '
                'forgets what it commits to', asked.name USING
                ERRCODE = 'PL057', HINT = 'palimpsest forget open ' || asked.name;
        ELSIF asked.item_key IS NULL THEN
            all_open := false;
        ELSIF NOT asked.codes <@ lineage.item_codes(named, asked.item_key) THEN
            RAISE EXCEPTION 'request ''%'' commits to more than the job forgets', asked.name USING
                ERRCODE = 'PL057', HINT = 'palimpsest forget list ' || asked.name;
        ELSE
            covered := covered || ARRAY(
                SELECT n FROM unnest(named) n
                WHERE asked.codes @> lineage.item_codes(ARRAY[n], asked.item_key)
            );
        END IF;
    END LOOP;
    IF FOUND AND all_open AND NOT named <@ covered THEN
        RAISE EXCEPTION 'the job forgets more than its request commits to' USING
            ERRCODE = 'PL057', HINT = 'name the request''s items, or leave the request out';
    END IF;
END $$;

-- I11, whoever seals.
CREATE FUNCTION lineage.check_applications() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_forgetting(array_agg(a.request), a.forget)
    FROM added n JOIN lineage.unlearn_application a ON a.run = n.run
    GROUP BY a.run, a.forget;
    RETURN NULL;
END $$;
CREATE TRIGGER check_applications AFTER INSERT ON lineage.unlearn_application
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION lineage.check_applications();

-- The same before the work, where the request is known by then. A job that comes after others may
-- name one that is not there yet; then the seal says it.
CREATE FUNCTION queue.check_forgetting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_forgetting(array_agg(r.seq), new.spec -> 'forget') FROM (
        SELECT q.seq FROM lineage.forget_request q
        WHERE q.name = new.wanted ->> 'forget_request'
        UNION
        SELECT q.seq FROM jsonb_array_elements(new.inputs) i
        JOIN lineage.artifact f ON f.digest = decode(i ->> 'artifact', 'hex')
        JOIN lineage.forget_request q ON q.forget_set = f.seq
    ) r
    HAVING count(*) > 0;
    RETURN new;
END $$;
CREATE TRIGGER check_forgetting BEFORE INSERT ON queue.job
FOR EACH ROW WHEN (new.kind = 'unlearn') EXECUTE FUNCTION queue.check_forgetting();

CREATE OR REPLACE VIEW lineage.requests AS
SELECT
    q.seq, q.id, q.name, q.scope, encode(q.commitment, 'hex') AS commitment, q.items, q.basis,
    q.policy, q.received_at, q.due_at, coalesce(w.event, 'open') AS state,
    s.name AS superseded_by,
    (SELECT count(*) FROM lineage.exposure_source x WHERE x.request = q.seq) AS sources,
    (SELECT count(*) FROM lineage.unlearn_application u WHERE u.request = q.seq) AS applications,
    q.recorded_at,
    EXISTS (SELECT FROM lineage.forget_opening o WHERE o.request = q.seq) AS opened
FROM lineage.forget_request q
LEFT JOIN lineage.forget_request_event w ON w.request = q.seq
LEFT JOIN lineage.forget_request s ON s.seq = w.superseded_by;

-- A proof holds the openings of its requests, so that who reads it can see for himself.
ALTER FUNCTION lineage.proof_entries(text) RENAME TO proof_entries_but_openings;
CREATE FUNCTION lineage.proof_entries(ref text) RETURNS TABLE (
    stream text, n bigint, prev text, payload text, leaf bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM (
        SELECT p.* FROM lineage.proof_entries_but_openings(ref) p
        UNION ALL
        SELECT e.stream::text, e.n, encode(e.prev, 'hex'), e.payload,
            (SELECT r.first_leaf + e.n - r.first_n FROM lineage.log_range r
            WHERE r.stream = e.stream AND r.last_n >= e.n ORDER BY r.last_n LIMIT 1)
        FROM lineage.forget_opening o
        JOIN lineage.log_entry e
            ON e.relation = 'forget_opening' AND e.key = o.seq::text COLLATE "C"
        WHERE o.request IN (
            SELECT u.request FROM lineage.unlearn_application u
            JOIN lineage.artifact a ON a.run = u.run
            WHERE a.seq = ANY (lineage.closure(lineage.resolve(ref), 2000))
        )
    ) all_of_them
    ORDER BY stream, n;
$$;

REVOKE ALL ON FUNCTION
    lineage.hmac_sha256, lineage.merkle_root, lineage.item_codes, lineage.check_opening,
    lineage.open_forgetting, lineage.check_forgetting, lineage.check_applications,
    queue.check_forgetting, lineage.proof_entries(text)
FROM PUBLIC;
REVOKE ALL ON FUNCTION lineage.proof_entries_but_openings FROM palimpsest_reader,
    palimpsest_auditor;
GRANT EXECUTE ON FUNCTION lineage.open_forgetting TO palimpsest_officer;
GRANT EXECUTE ON FUNCTION lineage.proof_entries TO palimpsest_reader, palimpsest_auditor;
GRANT SELECT ON lineage.forget_opening TO palimpsest_auditor;
