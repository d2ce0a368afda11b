-- An epoch is what its entries make it. The database computed none of what a sealer told, so whoever
-- held a worker's login could put an epoch with any root into a log that only grows, and stop all
-- that follow. Sealing is a role of its own now, and all that needs no key is checked here.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palimpsest_sealer') THEN
        CREATE ROLE palimpsest_sealer NOLOGIN;
    END IF;
END $$;

-- The whole subtrees of a tree with one leaf more (RFC 9162, section 2.1).
CREATE FUNCTION lineage.log_grow(peaks bytea[], size bigint, hash bytea) RETURNS bytea[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    node bytea := sha256('\x00'::bytea || hash);
    whole integer := cardinality(peaks);
BEGIN
    -- Where the number of leaves ends in ones, as many subtrees become one.
    WHILE size & 1 = 1 LOOP
        node := sha256('\x01'::bytea || peaks[whole] || node);
        whole := whole - 1;
        size := size >> 1;
    END LOOP;
    RETURN peaks[:whole] || node;
END $$;

CREATE FUNCTION lineage.log_root(peaks bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    root bytea := peaks[cardinality(peaks)];
BEGIN
    FOR place IN REVERSE cardinality(peaks) - 1 .. 1 LOOP
        root := sha256('\x01'::bytea || peaks[place] || root);
    END LOOP;
    RETURN root;
END $$;

-- An epoch's statement in canonical JSON, made of what it says.
CREATE FUNCTION lineage.log_statement(body jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '{"at":' || to_json(body ->> 'at') || ',"epoch":' || (body ->> 'epoch') || ',"heads":{'
        || coalesce(string_agg(
            to_json(h.key) || ':{"hash":' || to_json(h.value ->> 'hash') || ',"n":'
                || (h.value ->> 'n') || '}', ',' ORDER BY h.key COLLATE "C"
        ), '')
        || '},"previous":' || coalesce(to_json(body ->> 'previous')::text, 'null')
        || ',"root":' || to_json(body ->> 'root') || ',"size":' || (body ->> 'size') || '}'
    FROM jsonb_each(body -> 'heads') h;
$$;

-- Whether nobody else seals until this transaction ends.
CREATE FUNCTION lineage.log_try_lock() RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_try_advisory_xact_lock(hashtextextended('lineage.log_epoch', 0));
$$;

-- Records a signed epoch and tells of it. `payload`: {epoch, size, root, previous, at,
-- heads: {stream: {n, hash}}}. What does not continue the epoch before, or is not what its entries
-- make it, is refused; whose signature it is, only who has the key can tell.
CREATE OR REPLACE FUNCTION lineage.seal_epoch(payload text, envelope text, key_id text, peaks jsonb)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := payload::jsonb;
    wrapped jsonb;
    number bigint := (body ->> 'epoch')::bigint;
    before record;
    grown bytea[];
    leaves bigint;
    head record;
    one bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('lineage.log_epoch', 0));
    SELECT e.epoch, e.size, e.peaks, encode(sha256(convert_to(e.payload, 'UTF8')), 'hex') AS digest
    INTO before FROM lineage.log_epoch e ORDER BY e.epoch DESC LIMIT 1;
    IF number <> coalesce(before.epoch, 0) + 1
        OR body ->> 'previous' IS DISTINCT FROM before.digest
    THEN
        RAISE EXCEPTION 'epoch % does not follow epoch %', number, coalesce(before.epoch, 0)
            USING ERRCODE = 'PL070';
    END IF;
    leaves := coalesce(before.size, 0);
    grown := coalesce(before.peaks, '{}');
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
        FOR one IN
            SELECT e.hash FROM lineage.log_entry e
            WHERE e.stream = head.stream AND e.n > head.sealed AND e.n <= head.n
            ORDER BY e.n
        LOOP
            grown := lineage.log_grow(grown, leaves, one);
            leaves := leaves + 1;
        END LOOP;
    END LOOP;
    IF leaves <> (body ->> 'size')::bigint THEN
        RAISE EXCEPTION 'epoch % says that it has % leaves; it has %', number, body ->> 'size',
            leaves USING ERRCODE = 'PL072';
    END IF;
    IF lineage.log_root(grown) <> decode(body ->> 'root', 'hex')
        OR grown <> (SELECT e.peaks FROM lineage.log_epoch e WHERE e.epoch = number)
    THEN
        RAISE EXCEPTION 'epoch % says that its entries have another root', number
            USING ERRCODE = 'PL078';
    END IF;
    IF payload <> lineage.log_statement(body) THEN
        RAISE EXCEPTION 'epoch % is not in canonical form', number USING ERRCODE = 'PL076';
    END IF;
    wrapped := envelope::jsonb;
    IF wrapped ->> 'payload'
            IS DISTINCT FROM translate(encode(convert_to(payload, 'UTF8'), 'base64'), E'\n', '')
        OR wrapped ->> 'payloadType'
            IS DISTINCT FROM 'application/vnd.palimpsest.log-epoch.v1+json'
        OR wrapped -> 'signatures' -> 0 ->> 'keyid' IS DISTINCT FROM key_id
        OR jsonb_array_length(wrapped -> 'signatures') <> 1
    THEN
        RAISE EXCEPTION 'the envelope of epoch % holds something else', number
            USING ERRCODE = 'PL077';
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
    lineage.log_grow, lineage.log_root, lineage.log_statement, lineage.log_try_lock
FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
    lineage.log_pending, lineage.log_hashes, lineage.log_last_epoch, lineage.seal_epoch,
    lineage.log_envelopes
FROM palimpsest_worker, palimpsest_worker_train, palimpsest_worker_distill,
    palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT EXECUTE ON FUNCTION
    lineage.log_pending, lineage.log_hashes, lineage.log_last_epoch, lineage.seal_epoch,
    lineage.log_envelopes, lineage.log_try_lock
TO palimpsest_sealer;
GRANT USAGE ON SCHEMA lineage TO palimpsest_sealer;
-- One login for workers of every kind seals too, as before; a login of one kind only where it is
-- made a sealer.
GRANT palimpsest_sealer TO palimpsest_worker;
