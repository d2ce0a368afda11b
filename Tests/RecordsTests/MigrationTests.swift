import Foundation
import LocalStack
import Postgres
import Proofs
import Records
import Testing

/// A ledger that was filled under an earlier schema and then brought up to date.
@Suite(.timeLimit(.minutes(5)))
struct MigrationTests {
    /// What an auditor counts on, one line each.
    private static let facts = """
        SELECT encode(a.digest, 'hex') || ' ' || a.kind || ' original '
            || coalesce(encode(o.digest, 'hex'), '-') || ' root '
            || coalesce(encode(w.digest, 'hex'), '-') || ' depth '
            || coalesce(a.weight_depth::text, '-') AS fact
        FROM lineage.artifact a
        LEFT JOIN lineage.artifact o ON o.seq = a.original
        LEFT JOIN lineage.artifact w ON w.seq = a.weight_root
        UNION ALL
        SELECT encode(c.digest, 'hex') || ' ' || e.role || ' ' || encode(p.digest, 'hex')
        FROM lineage.edge e
        JOIN lineage.artifact c ON c.seq = e.child
        JOIN lineage.artifact p ON p.seq = e.parent
        UNION ALL
        SELECT l.name || ' is ' || encode(a.digest, 'hex')
        FROM lineage.alias l JOIN lineage.artifact a ON a.seq = l.artifact
        UNION ALL
        SELECT m.name || ' ' || m.value FROM lineage.metric m
        """

    /// The first schema with the functions that fill it, and the first with those of `ledger.sql`.
    private static let (first, whole) = (7, 27)

    /// Rows of a schema, under names of their own.
    private static func rows(of version: Int) -> String {
        """
        SELECT story.data('photos-\(version)'), story.data('clean-\(version)');
        SELECT story.train('judge', 'clean-\(version)') WHERE \(version == whole);
        SELECT story.train('teacher-\(version)', 'photos-\(version)');
        SELECT story.unlearn('forgetful-\(version)', 'teacher-\(version)');
        SELECT story.evaluate('forgetful-\(version)', 'teacher-\(version)', 0.99, 0.1);
        SELECT story.distill('student-\(version)', 'forgetful-\(version)', 'clean-\(version)');
        SELECT lineage.deploy('student-\(version)', 'lab');
        """
    }

    private func facts(_ connection: Connection) throws -> Set<String> {
        Set(try connection.query(MigrationTests.facts).map { try $0.text("fact") })
    }

    /// One ledger that grew under every schema in turn.
    @Test func `every earlier schema keeps its roots, its edges and its names`() throws {
        let all = try Migration.load(Migration.folder())
        let connection = try Connection(PrivatePostgres.emptyTestDatabase())
        func fill(_ file: String) throws {
            let script = Story.fixtures.appending(path: file)
            try connection.execute(script: String(contentsOf: script, encoding: .utf8))
        }
        var before: Set<String> = []
        for version in all.map(\.version) {
            try Migrator(connection, all.filter { $0.version <= version }).migrate()
            guard version >= MigrationTests.first else { continue }
            #expect(try facts(connection) == before, "\(version)")
            if version == MigrationTests.first { try fill("old_ledger.sql") }
            if version == MigrationTests.whole { try fill("ledger.sql") }
            if version >= MigrationTests.whole {
                try connection.execute(script: MigrationTests.rows(of: version))
            }
            before = try facts(connection)
        }
        let original = try connection.query(
            "SELECT original_name, weight_root_name FROM lineage.original_of('old-twice')"
        ).first
        #expect(try original?.text("original_name") == "old-student")
        #expect(try original?.text("weight_root_name") == "old-teacher")
        let blueprint = try Story.blueprint(of: connection)
        #expect(try RuleVerifier(blueprint).verify().findings == [])
        #expect(try RowVerifier(blueprint).verify().findings == [])
        let log = try LogVerifier(connection).verify()
        #expect(log.findings == [] && log.rows == log.entries && log.rows > 20 * all.count)
    }

    /// What passed by earlier rules was no breach, and is decided anew.
    @Test func `what would not pass by the rules of today passes no more`() throws {
        let all = try Migration.load(Migration.folder())
        let connection = try Connection(PrivatePostgres.emptyTestDatabase())
        try Migrator(connection, all.filter { $0.version < 110 }).migrate()
        let ledger = Story.fixtures.appending(path: "ledger.sql")
        try connection.execute(script: String(contentsOf: ledger, encoding: .utf8))
        try connection.execute(script: MigrationTests.passed)
        let verdicts =
            "SELECT name || ' ' || result || reasons::text AS v FROM lineage.verdicts "
            + "WHERE current ORDER BY name"
        func current() throws -> [String] {
            try connection.query(verdicts).map { try $0.text("v") }
        }
        #expect(try current() == ["kept pass{}", "one pass{}", "two pass{}"])
        try Migrator(connection, all).migrate()
        #expect(
            try current() == [
                "kept inconclusive{items_not_compared}", "one pass{}",
                "two inconclusive{no_parent_evidence}",
            ]
        )
        let rows = try RowVerifier(Story.blueprint(of: connection)).verify().findings
        #expect(rows == [])
    }

    private static let passed = """
        SELECT story.data('photos'), story.data('clean');
        SELECT story.train('judge', 'clean'), story.train('teacher', 'photos');
        SELECT story.request('wish', 'photos');
        SELECT story.closed_request('alice', 'sample', 'photos');
        SELECT story.unlearn('one', 'teacher', 'wish'), story.unlearn('two', 'one', 'wish');
        SELECT story.unlearn('kept', 'teacher', 'alice', retained => 'photos');
        SELECT story.evaluate(name, 'teacher', 0.99, 0.1)
        FROM unnest('{one,two,kept}'::text[]) name;
        """

    /// A later migration may add a column: rows that leave it null say what they said before.
    @Test func `a column added later is no change, until something is in it`() throws {
        let story = try Story()
        try story.run(file: "story.sql")
        try story.run("ALTER TABLE lineage.policy ADD COLUMN note text")
        let verifier = LogVerifier(story.connection)
        #expect(try verifier.verify().findings == [])
        try story.run(
            """
            SET session_replication_role = replica;
            UPDATE lineage.policy SET note = 'x' WHERE seq = 1;
            SET session_replication_role = origin;
            """
        )
        let found = try verifier.verify().findings
        #expect(found.map(\.column) == ["note"])
    }
}
