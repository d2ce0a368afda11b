import Postgres
import Records

/// The graph of the story with jobs that are held. Its artifacts are 1 `photos`, 2 `clean`,
/// 3 `judge`, 4 `teacher`, 5 `old-student`, 6 the forget set of request 1, 7 `forgetful`, … 18
/// `unchanged`, 19 the forget set of request 2, which is closed. Runs 1 to 4 made 3, 4, 5 and 7.
struct World {
    let story: Story
    /// A role that holds every right and is no owner.
    let clerk: String

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
        try story.run(file: "invariants.sql")
        clerk = try "clerk_" + (story.column("SELECT current_database()").first ?? "")
    }

    /// What refuses `sql`, run and committed as `role`; nil where nothing does.
    func refusal(_ sql: String, as role: String? = nil) -> PostgresError? {
        do {
            try story.connection.transaction {
                if let role { try story.run("SET LOCAL ROLE \(role)") }
                try story.run(sql)
            }
            return nil
        } catch { return error as? PostgresError ?? PostgresError("\(error)") }
    }

    /// The number of rows of each table, and what the log's entries add up to.
    func state() throws -> [String] {
        let tables = try story.column(
            """
            SELECT schemaname || '.' || tablename FROM pg_tables
            WHERE schemaname IN ('lineage', 'queue') ORDER BY 1
            """
        )
        let counts = tables.map { "SELECT '\($0) ' || count(*) FROM \($0)" }
        return try story.column(
            counts.joined(separator: " UNION ALL ")
                + " UNION ALL SELECT encode(sha256(string_agg(hash, '' ORDER BY stream, n)), 'hex')"
                + " FROM lineage.log_entry"
        )
    }

    /// The two ways in which a superuser takes rules and log out of force.
    static let switches = [
        "SET LOCAL session_replication_role = replica;",
        """
        DO $$
        DECLARE
            name regclass;
        BEGIN
            FOR name IN SELECT c.oid FROM pg_class c
                WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'r'
            LOOP
                EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', name);
            END LOOP;
        END $$;
        """,
    ]

    /// What `verify-log` finds after `sql` without rules; everything is taken back.
    func findings(_ sql: String, after switches: String) throws -> [LogFinding] {
        struct TakenBack: Error {}
        var found: [LogFinding] = []
        do {
            try story.connection.transaction {
                try story.run(switches + sql)
                found = try LogVerifier(story.connection).inspect().findings
                throw TakenBack()
            }
        } catch is TakenBack {}
        return found
    }
}
