import Foundation
import LocalStack
import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct MigratorTests {
    let conninfo: String
    let connection: Connection
    let first = Migration(version: 1, name: "one", sql: "CREATE TABLE one (x integer)")
    let second = Migration(version: 2, name: "two", sql: "CREATE TABLE two (x integer)")

    init() throws {
        conninfo = try PrivatePostgres.emptyTestDatabase()
        connection = try Connection(conninfo)
    }

    @Test func `each migration is applied once`() throws {
        #expect(try Migrator(connection, [first]).migrate() == [first])
        #expect(try Migrator(connection, [first, second]).migrate() == [second])
        #expect(try Migrator(connection, [first, second]).migrate() == [])
        try Migrator(connection, [first, second]).requireCurrent()
    }

    @Test func `our migrations go from nothing to the head, and again`() throws {
        let ours = try Migration.load(Migration.folder())
        #expect(try Migrator(connection, ours).migrate() == ours)
        #expect(try Migrator(connection, ours).migrate() == [])
    }

    @Test func `edited history is refused`() throws {
        try Migrator(connection, [first]).migrate()
        var edited = first
        edited = Migration(version: 1, name: "one", sql: edited.sql + " -- better")
        let error = #expect(throws: PostgresError.self) {
            try Migrator(connection, [edited, second]).migrate()
        }
        #expect(error?.message.contains("migration 1 'one' was edited") == true)
        let two = try connection.query("SELECT to_regclass('two') AS name").first
        #expect(try two?.optional("name") == nil)
    }

    @Test func `a database that is newer than the build is refused`() throws {
        try Migrator(connection, [first, second]).migrate()
        let older = Migrator(connection, [first])
        let refusals = [
            #expect(throws: PostgresError.self) { try older.requireCurrent() },
            #expect(throws: PostgresError.self) { try older.migrate() },
        ]
        for refusal in refusals { #expect(refusal?.message.contains("use a newer build") == true) }
    }

    @Test func `a database that is older than the build is not used`() throws {
        #expect(throws: PostgresError.self) { try Migrator(connection, [first]).requireCurrent() }
        try Migrator(connection, [first]).migrate()
        let error = #expect(throws: PostgresError.self) {
            try Migrator(connection, [first, second]).requireCurrent()
        }
        #expect(error?.description.contains("lacks the migrations 2 two") == true)
        #expect(error?.hint == "run palimpsest migrate")
    }

    @Test func `a migration that fails leaves nothing behind`() throws {
        let broken = Migration(
            version: 2,
            name: "broken",
            sql: "CREATE TABLE half (x integer); SELECT 1 / 0;"
        )
        let error = #expect(throws: PostgresError.self) {
            try Migrator(connection, [first, broken]).migrate()
        }
        #expect(error?.message == "migration 2 'broken': division by zero")
        let half = try connection.query("SELECT to_regclass('half') AS name").first
        #expect(try half?.optional("name") == nil)
        #expect(try Migrator(connection, [first, second]).migrate() == [second])
    }

    @Test func `eight migrators at once apply each migration once`() async throws {
        let ours = try Migration.load(Migration.folder())
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                let session = Session(conninfo)
                group.addTask {
                    try await session.use { try Migrator($0, ours).migrate().count }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(applied == ours.count)
    }

    @Test(arguments: [
        (["0000_none.sql"], "the next one is 1"),
        (["0001_one.sql", "0001_uno.sql"], "the next one is 2"),
        (["one.sql"], "is not named like a migration"),
        (["readme.txt"], "holds no migration"),
    ])
    func `a folder that is out of order is refused`(names: [String], reason: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names { try Data("SELECT 1".utf8).write(to: folder.appending(path: name)) }
        let error = #expect(throws: PostgresError.self) { try Migration.load(folder) }
        #expect(error?.message.contains(reason) == true)
    }
}
