-- What users ask the ledger. A reference is a name, a digest or at least twelve of its digits, a
-- content digest that only one artifact has, or the id of a job, which stands for its main output.

-- The current owner of each name.
CREATE VIEW lineage.alias AS
SELECT DISTINCT ON (name) name, artifact, at
FROM lineage.alias_event
ORDER BY name, seq DESC;

CREATE FUNCTION lineage.main_output(run bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.seq FROM lineage.artifact a
    WHERE a.run = main_output.run
    ORDER BY (a.kind = 'checkpoint') DESC, a.seq
    LIMIT 1;
$$;

-- A name that the artifact has now, or null.
CREATE FUNCTION lineage.name_of(artifact bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.name FROM lineage.alias_event e
    WHERE e.artifact = name_of.artifact AND NOT EXISTS (
        SELECT FROM lineage.alias_event l WHERE l.name = e.name AND l.seq > e.seq
    )
    ORDER BY e.seq
    LIMIT 1;
$$;

CREATE FUNCTION lineage.resolve(ref text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found bigint[];
    first bytea;
    last bytea;
BEGIN
    SELECT ARRAY[e.artifact] INTO found FROM lineage.alias_event e
    WHERE e.name = ref ORDER BY e.seq DESC LIMIT 1;
    IF found IS NOT NULL THEN RETURN found[1]; END IF;
    IF ref ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        SELECT ARRAY[lineage.main_output(r.seq)] INTO found FROM lineage.run r
        WHERE r.job = ref::uuid;
        IF found[1] IS NOT NULL THEN RETURN found[1]; END IF;
        RAISE EXCEPTION 'job % has no sealed output', ref USING ERRCODE = 'PL010';
    END IF;
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

-- What there is to know about one artifact.
CREATE FUNCTION lineage.describe(ref text) RETURNS TABLE (
    artifact text, content text, kind text, name text, output text, bytes bigint, info jsonb,
    job uuid, run_kind text, method text, import_source text, recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(a.digest, 'hex'), encode(a.content_digest, 'hex'), a.kind, lineage.name_of(a.seq),
        a.name, a.bytes, a.info, r.job, r.kind, r.method, i.source, a.recorded_at
    FROM lineage.artifact a
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.import i ON i.artifact = a.seq
    WHERE a.seq = lineage.resolve(ref);
$$;

-- Where a checkpoint comes from: its parent, the original that its unlearning began with (null
-- where nothing was unlearned), and the first checkpoint of the way its weights came.
CREATE FUNCTION lineage.original_of(ref text) RETURNS TABLE (
    artifact text, name text, parent text, parent_name text, original text, original_name text,
    weight_root text, weight_root_name text, weight_depth integer
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        encode(a.digest, 'hex'), lineage.name_of(a.seq),
        encode(p.digest, 'hex'), lineage.name_of(p.seq),
        encode(o.digest, 'hex'), lineage.name_of(o.seq),
        encode(w.digest, 'hex'), lineage.name_of(w.seq),
        a.weight_depth
    FROM lineage.artifact a
    LEFT JOIN lineage.edge e ON e.child = a.seq AND e.role = 'init'
    LEFT JOIN lineage.artifact p ON p.seq = e.parent
    LEFT JOIN lineage.artifact o ON o.seq = a.original
    LEFT JOIN lineage.artifact w ON w.seq = a.weight_root
    WHERE a.seq = lineage.resolve(ref);
$$;

-- The way of the weights, newest first, with the method and the forgotten classes of each step.
CREATE FUNCTION lineage.weight_path(ref text) RETURNS TABLE (
    depth integer, artifact text, name text, run_kind text, method text, forgotten jsonb,
    recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE way (seq) AS (
        SELECT lineage.resolve(ref)
        UNION
        SELECT e.parent FROM way JOIN lineage.edge e ON e.child = way.seq AND e.role = 'init'
    )
    SELECT
        a.weight_depth, encode(a.digest, 'hex'), lineage.name_of(a.seq), r.kind, r.method,
        u.forget, a.recorded_at
    FROM way
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.unlearn_application u ON u.run = r.seq
    ORDER BY a.seq DESC;
$$;

-- Everything that an artifact was made from, through the given roles only if there are any.
CREATE FUNCTION lineage.ancestors(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE up (seq) AS (
        SELECT lineage.resolve(ref)
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    SELECT
        encode(a.digest, 'hex'), a.kind, lineage.name_of(a.seq), r.kind, r.method, a.recorded_at
    FROM up
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq <> lineage.resolve(ref)
    ORDER BY a.seq DESC
    LIMIT max_rows;
$$;

-- Everything that was made from an artifact.
CREATE FUNCTION lineage.descendants(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE down (seq) AS (
        SELECT lineage.resolve(ref)
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    SELECT
        encode(a.digest, 'hex'), a.kind, lineage.name_of(a.seq), r.kind, r.method, a.recorded_at
    FROM down
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq <> lineage.resolve(ref)
    ORDER BY a.seq
    LIMIT max_rows;
$$;

CREATE FUNCTION lineage.metrics(ref text) RETURNS TABLE (
    metric text, value double precision, low double precision, high double precision,
    reference text, reference_name text, job uuid, info jsonb, recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        m.name, m.value, m.low, m.high, encode(o.digest, 'hex'), lineage.name_of(o.seq), r.job,
        m.info, m.recorded_at
    FROM lineage.metric m
    JOIN lineage.run r ON r.seq = m.run
    LEFT JOIN lineage.artifact o ON o.seq = m.reference
    WHERE m.subject = lineage.resolve(ref)
    ORDER BY m.seq;
$$;

-- The newest value of a metric of an artifact, measured against `reference` or against nothing.
CREATE FUNCTION lineage.latest(
    subject bigint, metric text, reference bigint DEFAULT NULL
) RETURNS lineage.metric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m FROM lineage.metric m
    WHERE m.subject = latest.subject AND m.name = latest.metric
        AND m.reference IS NOT DISTINCT FROM latest.reference
    ORDER BY m.seq DESC
    LIMIT 1;
$$;

-- All unlearned versions of an original (or of the original of the given checkpoint), side by
-- side: what was forgotten and how; forgetting, the share of samples for a forgotten class that
-- are no longer taken for it; integrity, the distance to the original on what was to stay, from
-- 0, untouched, to 1, unrelated, with its interval; and that distance before normalisation.
CREATE FUNCTION lineage.unlearned_from(ref text) RETURNS TABLE (
    artifact text, name text, method text, forgotten jsonb, forgetting double precision,
    integrity double precision, integrity_low double precision, integrity_high double precision,
    integrity_distance double precision, job uuid, recorded_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH asked AS (
        SELECT coalesce(a.original, a.seq) AS seq
        FROM lineage.artifact a WHERE a.seq = lineage.resolve(ref)
    )
    SELECT
        encode(a.digest, 'hex'), lineage.name_of(a.seq), u.method, u.forget, forgetting.value,
        integrity.value, integrity.low, integrity.high, distance.value, r.job, a.recorded_at
    FROM asked
    JOIN lineage.artifact a ON a.original = asked.seq
    JOIN lineage.run r ON r.seq = a.run
    JOIN lineage.unlearn_application u ON u.run = r.seq
    CROSS JOIN lineage.latest(a.seq, 'unlearning_accuracy') forgetting
    CROSS JOIN lineage.latest(a.seq, 'integrity_normalised', asked.seq) integrity
    CROSS JOIN lineage.latest(a.seq, 'integrity_featdist', asked.seq) distance
    ORDER BY a.seq;
$$;

CREATE FUNCTION lineage.label(artifact bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        coalesce(lineage.name_of(a.seq), a.name) || '  ' || left(encode(a.digest, 'hex'), 12)
            || '  ' || a.kind
            || CASE
                WHEN u.run IS NOT NULL THEN ', unlearned ' || (
                    SELECT string_agg(f, ', ') FROM jsonb_array_elements_text(u.forget) f
                ) || ' by ' || u.method
                WHEN r.seq IS NOT NULL THEN ', ' || r.kind || ' ' || r.method
                ELSE ', imported from ' || i.source
            END
    FROM lineage.artifact a
    LEFT JOIN lineage.run r ON r.seq = a.run
    LEFT JOIN lineage.unlearn_application u ON u.run = r.seq
    LEFT JOIN lineage.import i ON i.artifact = a.seq
    WHERE a.seq = label.artifact;
$$;

-- The ancestry as indented text. An artifact that stands in several places is unfolded at the
-- first, so the answer has at most one line an edge.
CREATE FUNCTION lineage.tree(ref text, max_rows integer DEFAULT 1000) RETURNS TABLE (line text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seqs bigint[] := ARRAY[lineage.resolve(ref)];
    depths integer[] := ARRAY[0];
    roles text[] := ARRAY['']::text[];
    unfolded bigint[] := ARRAY[]::bigint[];
    top integer;
    seq bigint;
    depth integer;
    parent record;
BEGIN
    FOR _ IN 1..max_rows LOOP
        top := cardinality(seqs);
        EXIT WHEN top = 0;
        seq := seqs[top];
        depth := depths[top];
        line := repeat('  ', depth) || roles[top] || lineage.label(seq);
        seqs := trim_array(seqs, 1);
        depths := trim_array(depths, 1);
        roles := trim_array(roles, 1);
        IF seq = ANY (unfolded) THEN
            line := line || CASE
                WHEN EXISTS (SELECT FROM lineage.edge e WHERE e.child = seq) THEN ' (above)'
                ELSE ''
            END;
            RETURN NEXT;
            CONTINUE;
        END IF;
        RETURN NEXT;
        unfolded := unfolded || seq;
        FOR parent IN
            SELECT e.parent, string_agg(e.role, ' + ' ORDER BY e.role) AS role
            FROM lineage.edge e WHERE e.child = seq GROUP BY e.parent ORDER BY e.parent
        LOOP
            seqs := seqs || parent.parent;
            depths := depths || depth + 1;
            roles := roles || (parent.role || ': ');
        END LOOP;
    END LOOP;
    IF cardinality(seqs) > 0 THEN
        line := '… cut after ' || max_rows || ' lines';
        RETURN NEXT;
    END IF;
END $$;

-- Records an artifact that comes from outside and returns its digest. The same import again
-- changes nothing, but that `name`, where there is one, points here from now on.
CREATE FUNCTION lineage.register_import(
    manifest bytea, content bytea, kind text, output text, bytes bigint, info jsonb, source text,
    licence text, name text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    IF convert_from(manifest, 'UTF8')::jsonb IS DISTINCT FROM jsonb_build_object(
        'content', encode(content, 'hex'), 'import', source, 'output', output
    ) THEN
        RAISE EXCEPTION 'the manifest does not describe this import' USING ERRCODE = 'PL012';
    END IF;
    SELECT a.seq INTO made FROM lineage.artifact a WHERE a.digest = sha256(manifest);
    IF made IS NULL THEN
        made := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
        INSERT INTO lineage.artifact (
            seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, born,
            weight_root, weight_depth
        ) OVERRIDING SYSTEM VALUE VALUES (
            made, sha256(manifest), content, kind, output, manifest, bytes, info,
            pg_current_xact_id(),
            CASE kind WHEN 'checkpoint' THEN made END, CASE kind WHEN 'checkpoint' THEN 0 END
        );
        INSERT INTO lineage.import (artifact, source, licence)
        VALUES (made, register_import.source, register_import.licence);
    END IF;
    IF name IS NOT NULL AND NOT EXISTS (
        SELECT FROM lineage.alias l WHERE l.name = register_import.name AND l.artifact = made
    ) THEN
        INSERT INTO lineage.alias_event (name, artifact)
        VALUES (register_import.name, made);
    END IF;
    RETURN encode(sha256(manifest), 'hex');
END $$;
