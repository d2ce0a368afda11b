extension CatalogQuery {
    /// What holds rows, and what every row must be like.
    static let tables = [
        CatalogQuery(
            "table",
            """
            SELECT c.oid::regclass::text AS name, c.relkind AS kind, \(owner("c.relowner")),
                c.relpersistence AS persistence, c.relrowsecurity AS "row-level security",
                c.relforcerowsecurity AS "row-level security of its owner", (
                    SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) o
                    WHERE o ~ '^(security_|check_option)'
                ) AS options, (
                    SELECT string_agg(format('%s under %s', i.inhrelid::regclass,
                        i.inhparent::regclass), ', ' ORDER BY i.inhrelid)
                    FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)
                ) AS inheritance, \(rights(
                    "coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' "
                        + "END::\"char\", c.relowner))",
                    tolerated: "SELECT"
                ))
            FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
            WHERE c.relkind NOT IN ('i', 'I', 't')
            """
        ),
        CatalogQuery(
            "column",
            """
            SELECT format('%s.%s', c.oid::regclass, a.attname) AS name,
                format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "not null",
                pg_get_expr(d.adbin, d.adrelid) AS "default", a.attidentity AS identity,
                a.attgenerated AS generated, nullif(a.attcollation, 0)::regcollation AS collation,
                \(rights("a.attacl", tolerated: "SELECT"))
            FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relkind NOT IN ('i', 'I', 't', 'S')
            """
        ),
        CatalogQuery(
            "sequence",
            """
            SELECT c.oid::regclass::text AS name, s.seqtypid::regtype AS type,
                s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum,
                s.seqcache AS cache, s.seqcycle AS cycle
            FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
            JOIN ours n ON n.oid = c.relnamespace
            """
        ),
        CatalogQuery(
            "constraint",
            """
            SELECT format('%s of %s', k.conname, k.conrelid::regclass) AS name,
                pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated, (
                    SELECT string_agg(format('%s %s %s', t.tgrelid::regclass, t.tgfoid::regproc,
                        t.tgenabled), ', ' ORDER BY t.tgrelid::regclass::text, t.tgfoid)
                    FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgisinternal
                ) AS "triggers and whether they fire"
            FROM pg_constraint k JOIN ours n ON n.oid = k.connamespace
            """
        ),
        CatalogQuery(
            "index",
            """
            SELECT i.indexrelid::regclass::text AS name,
                pg_get_indexdef(i.indexrelid) AS definition,
                i.indisvalid AND i.indisready AND i.indislive AS "in use"
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            JOIN ours n ON n.oid = c.relnamespace
            WHERE c.relkind <> 't'
            """
        ),
        CatalogQuery(
            "type",
            """
            SELECT t.oid::regtype::text AS name, t.typtype AS kind,
                nullif(t.typbasetype, 0)::regtype AS base, (
                    SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                    FROM pg_enum e WHERE e.enumtypid = t.oid
                ) AS labels
            FROM pg_type t JOIN ours n ON n.oid = t.typnamespace
            WHERE t.typrelid = 0 AND t.typelem = 0
            """
        ),
    ]
}
