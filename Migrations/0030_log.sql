-- What shows that a row was changed, though by a superuser: each row of the ledger has an entry in
-- a chain of hashes, and the chains' heads are signed and kept outside of this database.

CREATE TABLE lineage.log_entry (
    stream text COLLATE "C" NOT NULL,
    n bigint NOT NULL CHECK (n > 0),
    prev bytea NOT NULL CHECK (length(prev) = 32),
    hash bytea NOT NULL,
    relation text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    -- The row as canonical JSON (RFC 8785): {"key", "row": {column: text or null}, "table"}.
    payload text NOT NULL,
    PRIMARY KEY (stream, n),
    UNIQUE (relation, key),
    -- Lengths go before what varies, so that no two entries hash the same bytes.
    CONSTRAINT log_entry_is_hashed CHECK (hash = sha256(
        prev || int8send(octet_length(payload)) || convert_to(payload, 'UTF8')
            || int4send(octet_length(stream)) || convert_to(stream, 'UTF8') || int8send(n)
    ))
);

-- A signed root of the Merkle tree (RFC 9162) over all entries so far.
CREATE TABLE lineage.log_epoch (
    epoch bigint PRIMARY KEY CHECK (epoch > 0),
    size bigint NOT NULL CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    -- The whole subtrees of the tree, from which it grows on.
    peaks bytea[] NOT NULL,
    -- Canonical JSON, and the DSSE envelope around it.
    payload text NOT NULL,
    envelope text NOT NULL,
    key_id text NOT NULL,
    sealed_at timestamptz NOT NULL
);

-- Which entries an epoch added, and the place of the first of them among the tree's leaves.
CREATE TABLE lineage.log_range (
    stream text COLLATE "C" NOT NULL,
    last_n bigint NOT NULL,
    first_n bigint NOT NULL CHECK (first_n > 0 AND first_n <= last_n),
    first_leaf bigint NOT NULL CHECK (first_leaf >= 0),
    epoch bigint NOT NULL REFERENCES lineage.log_epoch,
    PRIMARY KEY (stream, last_n),
    UNIQUE (epoch, stream)
);

DO $$
DECLARE
    grows text;
BEGIN
    FOREACH grows IN ARRAY ARRAY['log_entry', 'log_epoch', 'log_range'] LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON lineage.%I
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change()',
            grows
        );
    END LOOP;
END $$;

-- Appending ----------------------------------------------------------------------------------

-- One at a time in a stream: the lock is held to the end of the transaction.
CREATE FUNCTION lineage.log_append(stream text, relation text, key text, payload text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last record;
    before bytea;
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('lineage.log_entry ' || stream, 0));
    SELECT e.n, e.hash INTO last FROM lineage.log_entry e
    WHERE e.stream = log_append.stream ORDER BY e.n DESC LIMIT 1;
    before := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
    number := coalesce(last.n, 0) + 1;
    INSERT INTO lineage.log_entry (stream, n, prev, hash, relation, key, payload)
    VALUES (
        stream, number, before,
        sha256(
            before || int8send(octet_length(payload)) || convert_to(payload, 'UTF8')
                || int4send(octet_length(stream)) || convert_to(stream, 'UTF8')
                || int8send(number)
        ),
        relation, key, payload
    );
END $$;

-- The weights that a run made, else those that it examined.
CREATE FUNCTION lineage.weights_of_run(run bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT min(a.weight_root) FROM lineage.artifact a WHERE a.run = weights_of_run.run),
        (SELECT min(p.weight_root) FROM lineage.edge e
        JOIN lineage.artifact p ON p.seq = e.parent
        WHERE e.run = weights_of_run.run AND e.role = 'eval_subject')
    );
$$;

-- The stream of a row: that of the weights it tells of, else `data`; `deployment`; or, of what is
-- about no artifact, `policy`.
CREATE FUNCTION lineage.stream_of(relation text, about jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject bigint := coalesce(
        about ->> 'artifact', about ->> 'subject', about ->> 'child',
        CASE WHEN relation = 'artifact' THEN about ->> 'seq' END
    )::bigint;
    made bigint := coalesce(
        about ->> 'run', CASE WHEN relation = 'run' THEN about ->> 'seq' END
    )::bigint;
    weights bigint;
BEGIN
    IF relation LIKE 'deploy%' THEN RETURN 'deployment'; END IF;
    IF subject IS NULL AND made IS NULL THEN RETURN 'policy'; END IF;
    IF subject IS NOT NULL THEN
        SELECT a.weight_root, coalesce(made, a.run) INTO weights, made
        FROM lineage.artifact a WHERE a.seq = subject;
    END IF;
    weights := coalesce(weights, lineage.weights_of_run(made));
    RETURN coalesce('weights/' || weights, 'data');
END $$;

-- Writes the entry of a new row. All rows of a transaction go to the stream of its first row: they
-- lie together, and no transaction waits for two streams. It runs at commit, when all rows are
-- there, and as its owner, since whoever seals has no rights to these tables.
CREATE FUNCTION lineage.log_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET timezone = 'UTC' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    xact text := pg_current_xact_id()::text;
    here text := current_setting('palimpsest.log_stream', true);
BEGIN
    IF here IS NULL OR split_part(here, ' ', 1) <> xact THEN
        here := xact || ' ' || lineage.stream_of(TG_TABLE_NAME, to_jsonb(new));
        PERFORM set_config('palimpsest.log_stream', here, true);
    END IF;
    PERFORM lineage.log_append(
        split_part(here, ' ', 2), TG_TABLE_NAME, lineage.log_key(new), lineage.log_payload(new)
    );
    RETURN NULL;
END $$;

-- Logs the rows of a table of the ledger from now on, those that it has already included. Call it
-- once for every table that only grows, and again after a migration that changed its columns.
CREATE FUNCTION lineage.watch(watched regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET timezone = 'UTC' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    relation text := (SELECT relname FROM pg_class WHERE oid = watched);
    key text;
    fields text;
BEGIN
    SELECT string_agg(format('r.%I::text', a.attname), ' || ''/'' || ' ORDER BY k.place) INTO key
    FROM pg_index i
    CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indrelid = watched AND i.indisprimary;
    SELECT string_agg(
        format(
            '%L || coalesce(to_json(r.%I::text)::text, ''null'')',
            to_json(a.attname::text) || ':', a.attname
        ),
        ' || '','' || ' ORDER BY a.attname COLLATE "C"
    ) INTO fields
    FROM pg_attribute a WHERE a.attrelid = watched AND a.attnum > 0 AND NOT a.attisdropped;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION lineage.log_key(r lineage.%I) RETURNS text
        LANGUAGE sql STABLE AS $f$ SELECT %s $f$', relation, key
    );
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION lineage.log_payload(r lineage.%I) RETURNS text
        LANGUAGE sql STABLE AS $f$
            SELECT ''{"key":'' || to_json(lineage.log_key(r)) || '',"row":{'' || %s || %L
        $f$', relation, fields, '},"table":' || to_json(relation) || '}'
    );
    EXECUTE format('REVOKE ALL ON FUNCTION lineage.log_key(lineage.%1$I),
        lineage.log_payload(lineage.%1$I) FROM PUBLIC', relation);
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = watched AND tgname = 'log_row') THEN
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT lineage.log_append(
            lineage.stream_of(%L, to_jsonb(r)), %L, lineage.log_key(r), lineage.log_payload(r)
        ) FROM (SELECT t FROM lineage.%I t ORDER BY %s) s (r)',
        relation, relation, relation, replace(replace(key, 'r.', 't.'), '::text || ''/'' ||', ',')
    );
    EXECUTE format(
        'CREATE CONSTRAINT TRIGGER log_row AFTER INSERT ON lineage.%I
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lineage.log_row()', relation
    );
END $$;

-- The tables that only grow and are not the log itself.
CREATE VIEW lineage.watchable AS
SELECT c.oid::regclass AS relation, c.relname AS name, EXISTS (
    SELECT FROM pg_trigger w WHERE w.tgrelid = c.oid AND w.tgname = 'log_row'
) AS watched
FROM pg_class c
JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'only_grows'
WHERE c.relnamespace = 'lineage'::regnamespace AND c.relname NOT LIKE 'log\_%';

SELECT lineage.watch(relation) FROM lineage.watchable ORDER BY name COLLATE "C";

-- Epochs -------------------------------------------------------------------------------------

-- The entries that no epoch holds, one row a stream; in the order in which they become leaves.
CREATE FUNCTION lineage.log_pending() RETURNS TABLE (stream text, first_n bigint, last_n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE s (stream) AS (
        SELECT min(e.stream) FROM lineage.log_entry e
        UNION ALL
        SELECT (SELECT min(e.stream) FROM lineage.log_entry e WHERE e.stream > s.stream)
        FROM s WHERE s.stream IS NOT NULL
    )
    SELECT s.stream, coalesce(sealed.n, 0) + 1, head.n
    FROM s
    CROSS JOIN LATERAL (
        SELECT max(e.n) AS n FROM lineage.log_entry e WHERE e.stream = s.stream
    ) head
    CROSS JOIN LATERAL (
        SELECT max(r.last_n) AS n FROM lineage.log_range r WHERE r.stream = s.stream
    ) sealed
    WHERE head.n > coalesce(sealed.n, 0)
    ORDER BY s.stream COLLATE "C";
$$;

CREATE FUNCTION lineage.log_hashes(stream text, first_n bigint, last_n bigint)
RETURNS TABLE (hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(e.hash, 'hex') FROM lineage.log_entry e
    WHERE e.stream = log_hashes.stream AND e.n BETWEEN first_n AND last_n
    ORDER BY e.n;
$$;

-- The newest epoch, from which the next one grows; no row before the first.
CREATE FUNCTION lineage.log_last_epoch()
RETURNS TABLE (epoch bigint, size bigint, peaks jsonb, digest text, age double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        e.epoch, e.size,
        (SELECT jsonb_agg(encode(p, 'hex') ORDER BY i)
        FROM unnest(e.peaks) WITH ORDINALITY u (p, i)),
        encode(sha256(convert_to(e.payload, 'UTF8')), 'hex'),
        extract(epoch FROM clock_timestamp() - e.sealed_at)
    FROM lineage.log_epoch e ORDER BY e.epoch DESC LIMIT 1;
$$;

-- Records a signed epoch and tells of it. `payload`: {epoch, size, root, previous, at,
-- heads: {stream: {n, hash}}}. What does not continue the epoch before is refused.
CREATE FUNCTION lineage.seal_epoch(payload text, envelope text, key_id text, peaks jsonb)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := payload::jsonb;
    number bigint := (body ->> 'epoch')::bigint;
    before record;
    leaves bigint;
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('lineage.log_epoch', 0));
    SELECT * INTO before FROM lineage.log_last_epoch();
    IF number <> coalesce(before.epoch, 0) + 1
        OR body ->> 'previous' IS DISTINCT FROM before.digest
    THEN
        RAISE EXCEPTION 'epoch % does not follow epoch %', number, coalesce(before.epoch, 0)
            USING ERRCODE = 'PL070';
    END IF;
    leaves := coalesce(before.size, 0);
    INSERT INTO lineage.log_epoch (
        epoch, size, root, peaks, payload, envelope, key_id, sealed_at
    ) VALUES (
        number, (body ->> 'size')::bigint, decode(body ->> 'root', 'hex'),
        ARRAY(
            SELECT decode(p, 'hex')
            FROM jsonb_array_elements_text(peaks) WITH ORDINALITY u (p, i) ORDER BY i
        ),
        payload, envelope, key_id, (body ->> 'at')::timestamptz
    );
    FOR head IN
        SELECT h.key AS stream, (h.value ->> 'n')::bigint AS n, h.value ->> 'hash' AS hash,
            coalesce((
                SELECT max(r.last_n) FROM lineage.log_range r WHERE r.stream = h.key
            ), 0) AS sealed
        FROM jsonb_each(body -> 'heads') h
        ORDER BY h.key COLLATE "C"
    LOOP
        IF NOT EXISTS (
            SELECT FROM lineage.log_entry e WHERE e.stream = head.stream AND e.n = head.n
                AND encode(e.hash, 'hex') = head.hash
        ) THEN
            RAISE EXCEPTION 'epoch % names a head that stream % does not have', number,
                head.stream USING ERRCODE = 'PL071';
        END IF;
        INSERT INTO lineage.log_range (stream, last_n, first_n, first_leaf, epoch)
        VALUES (head.stream, head.n, head.sealed + 1, leaves, number);
        leaves := leaves + head.n - head.sealed;
    END LOOP;
    IF leaves <> (body ->> 'size')::bigint THEN
        RAISE EXCEPTION 'epoch % says that it has % leaves; it has %', number, body ->> 'size',
            leaves USING ERRCODE = 'PL072';
    END IF;
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', 'log',
        jsonb_build_object(
            'ce_specversion', '1.0', 'ce_id', 'epoch/' || number,
            'ce_source', '/palimpsest/lineage', 'ce_type', 'lineage.epoch.v1',
            'ce_subject', number::text, 'ce_time', body ->> 'at',
            'content-type', 'application/json'
        ),
        convert_to(envelope, 'UTF8')
    );
END $$;

REVOKE ALL ON FUNCTION
    lineage.log_append, lineage.weights_of_run, lineage.stream_of, lineage.log_row, lineage.watch,
    lineage.log_pending, lineage.log_hashes, lineage.log_last_epoch, lineage.seal_epoch
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    lineage.log_pending, lineage.log_hashes, lineage.log_last_epoch, lineage.seal_epoch
TO palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT SELECT ON lineage.log_entry, lineage.log_epoch, lineage.log_range
TO palimpsest_reader, palimpsest_auditor;
