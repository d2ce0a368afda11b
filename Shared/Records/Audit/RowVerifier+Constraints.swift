import Postgres

extension RowVerifier {
    /// The constraints of the migrations, asked of all rows: one that was dropped, and one that was
    /// put back without looking at the rows, holds for those written after it only.
    func constraints() throws -> [RowCheck] {
        try blueprint.model.atOneMoment {
            try blueprint.model.usePlainSettings()
            return try [RowVerifier.conditions, RowVerifier.references, RowVerifier.keys].flatMap {
                try blueprint.model.query(RowVerifier.terms + $0).map {
                    RowCheck(try $0.text("name"), try $0.text("question"))
                }
            }
        }
    }

    /// The tables, their primary keys as text, and which invariant a constraint stands for.
    private static let terms = """
        WITH ledger AS MATERIALIZED (
            SELECT c.oid, c.relname AS name, (
                SELECT string_agg(format('t.%I::text', a.attname), ' || ''/'' || ' ORDER BY k.place)
                FROM pg_index i
                CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                WHERE i.indrelid = c.oid AND i.indisprimary
            ) AS key
            FROM pg_class c
            WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'r'
                AND c.relname NOT LIKE 'log%'
        ), stands_for (invariant, pattern) AS (VALUES
            ('I1', '^edge_parent_is_older$'), ('I2', '^edge_run'),
            ('I4', '^artifact_(digest_of|manifest)'), ('I5', '^(edge_one_|artifact_original)'),
            ('I7', '^artifact_(checkpoint_has_root|root_is_older|weight_root)'),
            ('I9', '^(run_job_key|artifact_run_name_key)$'), ('I10', '^edge_parent_fkey$'),
            ('I13', '^score_is_ordered$'), ('I16', '^artifact_generation'),
            ('I17', '_(basis|reason|environment|found)_check$'),
            ('I19', '^(alias_event_name|edge_role)_check$'), ('I20', '_fkey$'),
            ('I21', '^(evidence|metric)_')
        )

        """

    private static func invariant(_ name: String) -> String {
        """
        (SELECT s.invariant FROM stands_for s WHERE \(name) ~ s.pattern
            ORDER BY substr(s.invariant, 2)::integer LIMIT 1)
        """
    }

    /// What each row must fulfil: checks, columns that are never null or follow from others.
    private static let conditions = """
        SELECT l.name, format(
            'SELECT c.invariant, %s AS key, ''it breaks '' || c.name AS what FROM lineage.%I t
            CROSS JOIN LATERAL (VALUES %s) c (invariant, name, holds) WHERE c.holds IS FALSE',
            l.key, l.name, string_agg(format('(%L, %L, %s)', r.invariant, r.name, r.holds), ', ')
        ) AS question
        FROM ledger l CROSS JOIN LATERAL (
            SELECT k.conname AS name, \(invariant("k.conname")) AS invariant,
                pg_get_expr(k.conbin, k.conrelid) AS holds
            FROM pg_constraint k
            WHERE k.conrelid = l.oid AND k.contype = 'c' AND k.convalidated
            UNION ALL
            SELECT n.name, \(invariant("n.name")), n.holds FROM pg_attribute a
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            CROSS JOIN LATERAL (VALUES
                (format('%s_%s_not_null', l.name, a.attname), format('t.%I IS NOT NULL', a.attname),
                    a.attnotnull),
                (format('%s_%s_generated', l.name, a.attname), format('t.%I IS NOT DISTINCT FROM
                    (%s)', a.attname, pg_get_expr(d.adbin, d.adrelid)), a.attgenerated <> '')
            ) n (name, holds, applies)
            WHERE a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped AND n.applies
        ) r
        GROUP BY l.name, l.key
        """

    /// What names a row that is not there.
    private static let references = """
        SELECT l.name, format(
            'SELECT %L AS invariant, %s AS key, ''what it names is not there: %s'' AS what
            FROM lineage.%I t WHERE (%s) IS NOT NULL AND NOT EXISTS (
                SELECT FROM %s r WHERE (%s) = (%s))',
            \(invariant("k.conname")), l.key, k.conname, l.name, c.ours, k.confrelid::regclass,
            c.theirs, c.ours
        ) AS question
        FROM ledger l JOIN pg_constraint k ON k.conrelid = l.oid AND k.contype = 'f'
        CROSS JOIN LATERAL (
            SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY x.place) AS ours,
                string_agg(format('r.%I', b.attname), ', ' ORDER BY x.place) AS theirs
            FROM unnest(k.conkey, k.confkey) WITH ORDINALITY x (ours, theirs, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.ours
            JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = x.theirs
        ) c
        """

    /// What is there twice.
    private static let keys = """
        SELECT l.name, format(
            'SELECT %L AS invariant, max(%s) AS key, ''another row has its %s'' AS what
            FROM lineage.%I t WHERE %s GROUP BY %s HAVING count(*) > 1',
            \(invariant("k.relname")), l.key, k.relname, l.name, concat_ws(' AND ',
                pg_get_expr(i.indpred, i.indrelid),
                CASE WHEN (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean THEN 'true'
                    ELSE format('(%s) IS NOT NULL', c.columns) END
            ), c.columns
        ) AS question
        FROM ledger l JOIN pg_index i ON i.indrelid = l.oid AND i.indisunique
        JOIN pg_class k ON k.oid = i.indexrelid
        CROSS JOIN LATERAL (
            SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY x.place) AS columns
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY x (number, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = x.number
        ) c
        """
}
