import Foundation
import Lifecycle
import LocalStack
import Postgres
import Records
import Testing

/// The ledger taken to another cluster, with Postgres's own programs.
@Suite(.timeLimit(.minutes(4)))
struct RestoreTests {
    /// Everything that a root rests on, and what follows from it.
    private static let facts = [
        """
        SELECT string_agg(encode(a.digest, 'hex') || coalesce(a.original, 0) || '/'
            || coalesce(a.weight_root, 0) || '/' || a.generation || a.origin_roots::text, ','
            ORDER BY a.seq) FROM lineage.artifact a
        """,
        "SELECT md5(string_agg(e::text, ',' ORDER BY e::text)) FROM lineage.edge e",
        "SELECT md5(string_agg(v::text, ',' ORDER BY v::text)) FROM lineage.verdict v",
        "SELECT md5(string_agg(v::text, ',' ORDER BY v::text)) FROM lineage.evidence v",
        "SELECT string_agg(name || ' ' || status, ',' ORDER BY name) FROM lineage.alias "
            + "CROSS JOIN LATERAL lineage.requests_status(name)",
        "SELECT string_agg(t::text, ',') FROM lineage.tree('twice') t",
        "SELECT original_name FROM lineage.original_of('twice')",
    ]

    @Test func `a dump in a new cluster keeps every root, and every rule`() throws {
        let story = try Story()
        try story.run(file: "story.sql")
        let before = try RestoreTests.facts.map { try story.column($0) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "restore-\(UUID())")
        var options = PrivatePostgres.Options()
        options.fsync = false
        options.removesFolder = true
        let other = try PrivatePostgres.start(in: folder, options)
        defer { other.stop() }
        try run("pg_dumpall --globals-only --dbname=\"$FROM\" | psql -q \"$TO\"", story, other)
        try run("pg_dump \"$FROM\" | psql -q -v ON_ERROR_STOP=1 \"$TO\"", story, other)

        let copy = try Connection(other.conninfo)
        let after = try RestoreTests.facts.map { fact in
            try copy.query("SELECT q.x::text AS x FROM (\(fact)) q (x)").map {
                try $0.optional("x") ?? ""
            }
        }
        #expect(after == before)
        let error = #expect(throws: PostgresError.self) {
            try copy.query("UPDATE lineage.edge SET role = role")
        }
        #expect(error?.sqlState == "PL030")
        // The next number is new, and its parents are older.
        try copy.query("SELECT story.distill('after', 'forgetful', 'clean')")
        let blueprint = try Story.blueprint(of: copy)
        let rules = try RuleVerifier(blueprint).verify().findings
        #expect(rules == [], "\(rules)")
        #expect(try RowVerifier(blueprint).verify().findings == [])
        let log = try LogVerifier(copy).verify()
        #expect(log.findings == [] && log.rows == log.entries && log.rows > 100)
    }

    private func run(_ command: String, _ story: Story, _ other: PrivatePostgres) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "FROM": story.conninfo, "TO": other.conninfo,
        ]) { _, ours in ours }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command)")
    }
}
