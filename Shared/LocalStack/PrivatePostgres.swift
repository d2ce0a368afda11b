public import Foundation
import Postgres

/// A Postgres server of our own in a folder, reached through a Unix socket there and nothing else.
///
/// It ends with `stop()`, and also when this process dies in whatever way.
public final class PrivatePostgres: Sendable {
    /// How durable the server is and what becomes of its folder.
    public struct Options: Sendable {
        /// Whether a commit waits for the disk.
        public var fsync = true
        /// Whether the folder is removed when the server ends.
        public var removesFolder = false
        /// Further settings, such as `shared_buffers=1GB`; the last of two wins.
        public var settings: [String] = []
        /// The major version wanted; where it is not installed the newest serves.
        public var major: Int?

        public init() {}
    }

    /// Connects to the database `palimpsest` as its owner.
    public let conninfo: String
    /// The folder that holds the data, the socket and the log.
    public let folder: URL

    private let server: WatchedServer

    /// Starts the server, making the data in `folder` first where there are none.
    ///
    /// As root the server runs as the folder's owner, or as the user `postgres`. Where that user
    /// cannot reach the folder, or its path is too long for a socket, the data lie in the
    /// temporary folder under a name made from the path.
    ///
    /// - Throws: `PostgresError` naming the package where Postgres is not installed, and the end of
    ///   the server's log where it does not start within 30 s.
    public static func start(
        in folder: URL,
        _ options: Options = Options()
    ) throws -> PrivatePostgres {
        let programs = try PostgresPrograms.find(major: options.major)
        let account = try ServerAccount.forServer(in: folder)
        let home = try account.home(for: folder)
        let server = try PrivatePostgres(home: home, programs, account, options)
        do {
            try server.prepareDatabase()
        } catch {
            server.stop()
            throw error
        }
        return server
    }

    private init(
        home: URL,
        _ programs: PostgresPrograms,
        _ account: ServerAccount,
        _ options: Options
    ) throws {
        let data = home.appending(path: "data")
        if !FileManager.default.fileExists(atPath: data.appending(path: "PG_VERSION").path) {
            try programs.makeData(data, account, fsync: options.fsync)
        }
        server = try WatchedServer(
            account.command(programs.server(data, socket: home, options), diesWithParent: true),
            log: home.appending(path: "postgres.log").path,
            removed: options.removesFolder ? account.owned(home) : ""
        )
        folder = home
        conninfo = "host='\(home.path)' user=palimpsest dbname=palimpsest"
    }

    /// Stops the server and waits for its end.
    public func stop() { server.stop() }

    private func prepareDatabase() throws {
        let connection = try waitForServer()
        let name: Value = "palimpsest"
        if try connection.query("SELECT FROM pg_database WHERE datname = $1", [name]).isEmpty {
            try connection.query("CREATE DATABASE palimpsest")
        }
    }

    private func waitForServer() throws -> Connection {
        let deadline = ContinuousClock.now + .seconds(30)
        let maintenance = "host='\(folder.path)' user=palimpsest dbname=postgres"
        while ContinuousClock.now < deadline, server.isRunning {
            if let connection = try? Connection(maintenance), try isOurs(connection) {
                return connection
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        let log = (try? String(contentsOf: folder.appending(path: "postgres.log"), encoding: .utf8))
        throw PostgresError(
            "the private server in \(folder.path) did not start",
            detail: (log ?? "it has no log").split(separator: "\n").suffix(4)
                .joined(separator: " | ")
        )
    }

    /// Whether the server that answers was started by our watching shell and not by another
    /// process that uses the same folder.
    private func isOurs(_ connection: Connection) throws -> Bool {
        let row = try connection.query("SELECT pg_read_file('postmaster.pid', 0, 20) AS pid").first
        let pid = try row?.text("pid").split(separator: "\n").first ?? ""
        let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // pid (name) state parent …
        let parent = status?.split(separator: ")").last?.split(separator: " ").dropFirst().first
        return parent == "\(server.pid)"
    }
}
