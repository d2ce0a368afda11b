-- The questions asked most, in PL/pgSQL, which keeps their plans for the session: Postgres 15
-- plans the body of an SQL function anew with each call. The reference is resolved once.

CREATE OR REPLACE FUNCTION lineage.name_of(artifact bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT e.name FROM lineage.alias_event e
        WHERE e.artifact = name_of.artifact AND NOT EXISTS (
            SELECT FROM lineage.alias_event l WHERE l.name = e.name AND l.seq > e.seq
        )
        ORDER BY e.seq
        LIMIT 1
    );
END $$;

CREATE OR REPLACE FUNCTION lineage.original_of(ref text) RETURNS TABLE (
    artifact text, name text, parent text, parent_name text, original text, original_name text,
    weight_root text, weight_root_name text, weight_depth integer
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY SELECT
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
    WHERE a.seq = asked;
END $$;

CREATE OR REPLACE FUNCTION lineage.ancestors(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY WITH RECURSIVE up (seq) AS (
        SELECT asked
        UNION
        SELECT e.parent FROM up JOIN lineage.edge e ON e.child = up.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    SELECT
        encode(a.digest, 'hex'), a.kind, lineage.name_of(a.seq), r.kind, r.method, a.recorded_at
    FROM up
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq <> asked
    ORDER BY a.seq DESC
    LIMIT max_rows;
END $$;

CREATE OR REPLACE FUNCTION lineage.descendants(
    ref text, roles text[] DEFAULT NULL, max_rows integer DEFAULT 10000
) RETURNS TABLE (
    artifact text, kind text, name text, run_kind text, method text, recorded_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.resolve(ref);
BEGIN
    RETURN QUERY WITH RECURSIVE down (seq) AS (
        SELECT asked
        UNION
        SELECT e.child FROM down JOIN lineage.edge e ON e.parent = down.seq
        WHERE roles IS NULL OR e.role = ANY (roles)
    )
    SELECT
        encode(a.digest, 'hex'), a.kind, lineage.name_of(a.seq), r.kind, r.method, a.recorded_at
    FROM down
    JOIN lineage.artifact a USING (seq)
    LEFT JOIN lineage.run r ON r.seq = a.run
    WHERE a.seq <> asked
    ORDER BY a.seq
    LIMIT max_rows;
END $$;
