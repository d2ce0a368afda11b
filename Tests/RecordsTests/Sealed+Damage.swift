extension Sealed {
    /// SQL that drops what would keep a table's values in their bounds, its primary key only
    /// where `keys` says so.
    static func unbind(_ table: String, keys: Bool = false) -> String {
        """
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT conname FROM pg_constraint
                WHERE conrelid = 'lineage.\(table)'::regclass AND contype IN ('c', 'u'\(keys ? ", 'p'" : ""))
            LOOP
                EXECUTE format('ALTER TABLE lineage.\(table) DROP CONSTRAINT %I CASCADE', name);
            END LOOP;
            FOR name IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = 'lineage.\(table)'::regclass AND i.indisunique
                    AND NOT i.indisprimary
            LOOP
                EXECUTE format('DROP INDEX lineage.%I', name);
            END LOOP;
        END $$;
        """
    }

    static func open(_ table: String, _ column: String) -> String {
        "ALTER TABLE lineage.\(table) ALTER COLUMN \(column) DROP IDENTITY;"
    }

    /// A value where there was null.
    static func something(_ type: String) -> String {
        switch type {
        case "jsonb": "'{}'"
        case "bigint[]": "'{1}'::bigint[]"
        case "bytea[]": "'{}'::bytea[]"
        case "text[]": "'{}'::text[]"
        case "bytea": "'\\x00'::bytea"
        case "text": "'x'"
        case "xid8": "'1'::xid8"
        default: "NULL"
        }
    }

    /// A key that no row has.
    static func other(_ column: Column) -> String {
        column.type == "text" ? "\(column.name) || 'x'" : "\(column.name) + 1000000"
    }
}
