import Postgres
import Testing

/// Rules that every table of the ledger keeps, those of later migrations too.
@Suite(.timeLimit(.minutes(2)))
struct SchemaTests {
    let story: Story

    init() throws { story = try Story() }

    /// I17: every text column of the tables about requests takes a word, a name or a word of a list.
    @Test func `no column takes free text`() throws {
        let free = """
            SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
            WHERE c.table_schema = 'lineage' AND c.data_type = 'text'
                AND c.table_name IN ('forget_request', 'forget_request_event', 'forget_list',
                    'exposure_source', 'evidence', 'score', 'verdict', 'deployment_event',
                    'correction', 'evaluator')
                AND c.column_name NOT IN ('actor', 'decided_by', 'policy', 'protocol')
                AND NOT EXISTS (
                    SELECT FROM pg_constraint k
                    WHERE k.conrelid = ('lineage.' || c.table_name)::regclass AND k.contype = 'c'
                        AND pg_get_constraintdef(k.oid) LIKE '%' || c.column_name || '%'
                )
            """
        #expect(try story.column(free) == [])
    }

    /// Sequences hand out numbers in order, which the age of parents rests on.
    @Test func `no sequence of the ledger caches numbers`() throws {
        let cached = """
            SELECT sequencename FROM pg_sequences
            WHERE schemaname = 'lineage' AND (cache_size <> 1 OR cycle OR increment_by <> 1)
            """
        #expect(try story.column(cached) == [])
    }

    /// I14: a default alone is overridden by whoever names the column. A request comes when its
    /// sender says.
    @Test func `every column with the clock's time gets it from a trigger`() throws {
        let open = """
            SELECT c.relname || '.' || a.attname FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid
            JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'lineage'::regnamespace
                AND pg_get_expr(d.adbin, d.adrelid) LIKE '%clock_timestamp%'
                AND (c.relname, a.attname) <> ('forget_request', 'received_at')
                AND NOT EXISTS (
                    SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                    WHERE t.tgrelid = c.oid AND t.tgtype & 7 = 7
                        AND p.prosrc LIKE '%new.' || a.attname || ' := %'
                )
            """
        #expect(try story.column(open) == [])
    }

    /// I14: a clock that was set back does not turn time back.
    @Test func `times of a table never fall`() throws {
        try story.run(
            """
            SELECT story.data('photos');
            SET session_replication_role = replica;
            INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('future', 1, '2999-01-01');
            INSERT INTO lineage.tenant (name, recorded_at) VALUES ('future', '2999-01-01');
            SET session_replication_role = origin;
            INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('next', 1, '1999-01-01');
            INSERT INTO lineage.tenant (name, recorded_at) VALUES ('next', '1999-01-01');
            """
        )
        let at = "SELECT at >= '2999-01-01' FROM lineage.alias_event WHERE name = 'next'"
        #expect(try story.column(at) == ["true"])
        let tenant = "SELECT recorded_at >= '2999-01-01' FROM lineage.tenant WHERE name = 'next'"
        #expect(try story.column(tenant) == ["true"])
    }

    /// I3: every table that only grows is in the table of `InvariantTests`.
    @Test func `every table that only grows is tried`() throws {
        let growing = try story.column(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'only_grows'"
        )
        let tried = Invariant.appendOnly.breaches.map(\.sql)
        for table in growing { #expect(tried.contains("DELETE FROM \(table)"), "\(table)") }
        let other = try story.column(
            """
            SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'r'
                AND NOT EXISTS (
                    SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'only_grows'
                )
            """
        )
        #expect(other == [])
    }
}
