import Foundation
import Postgres
import Synchronization

extension PrivatePostgres {
    /// The conninfo of a new database with the current schema, on a server that all tests of this
    /// process share and that ends with it.
    package static func testDatabase() throws -> String {
        try copy(of: "migrated")
    }

    /// The conninfo of a new, empty database on that server.
    package static func emptyTestDatabase() throws -> String {
        try copy(of: "template0")
    }

    private struct Shared {
        var server: PrivatePostgres?
        var databases = 0
    }

    private static let shared = Mutex(Shared())

    private static func copy(of template: String) throws -> String {
        try shared.withLock { shared in
            let server = try shared.server ?? startForTests()
            shared.server = server
            shared.databases += 1
            let name = "test\(shared.databases)"
            let connection = try Connection(server.conninfo)
            try connection.query("CREATE DATABASE \(name) TEMPLATE \(template)")
            return server.conninfo(database: name)
        }
    }

    private static func startForTests() throws -> PrivatePostgres {
        var options = Options()
        options.fsync = false
        options.removesFolder = true
        let name = "palimpsest-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let folder = FileManager.default.temporaryDirectory.appending(path: name)
        let server = try start(in: folder, options)
        try Connection(server.conninfo).query("CREATE DATABASE migrated")
        let connection = try Connection(server.conninfo(database: "migrated"))
        try Migrator(connection, Migration.load(Migration.folder())).migrate()
        return server
    }

    private func conninfo(database: String) -> String {
        "host='\(folder.path)' user=palimpsest dbname=\(database)"
    }
}
