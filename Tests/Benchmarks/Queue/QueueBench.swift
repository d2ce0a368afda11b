import Foundation
import Jobs
import LocalStack
import Postgres
import Records

/// The statements of the queue with eight clients, beside procrastinate on the same server.
@Sendable func benchmarkQueue() throws {
    try withServer { server in
        let peer = try QueuePeer.measure(server.database("procrastinate"), jobs: 4_000)
        let statements = try QueueStatements(server.migrated("statements"))
        try statements.claimsAndRenewals()
        try statements.jobs(peer)
        try statements.fill(1_000_000)
        try statements.latencies()
    }
}

/// Jobs from Kafka to their children at an idle worker, beside procrastinate.
@Sendable func benchmarkQueueStart() throws {
    try withServer { server in
        let peer = try QueuePeer.measure(server.database("procrastinate"), rounds: 200)
        try benchmarkStarts(server.migrated("starts"), rounds: 200, peer)
    }
}

/// A hundred thousand messages at once.
@Sendable func benchmarkQueueBurst() throws {
    try withServer { try benchmarkBurst($0.migrated("burst"), messages: 100_000) }
}

/// Gives `body` a Postgres of its own, fsync on.
private func withServer(_ body: (PrivatePostgres) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "queue-benchmark-\(getpid())")
    var options = PrivatePostgres.Options()
    options.removesFolder = true
    let server = try PrivatePostgres.start(in: folder, options)
    defer { server.stop() }
    try body(server)
}

extension PrivatePostgres {
    /// The conninfo of a new, empty database.
    fileprivate func database(_ name: String) throws -> String {
        try Connection(conninfo).query("CREATE DATABASE \(name)")
        return conninfo.replacing("dbname=palimpsest", with: "dbname=\(name)")
    }

    /// The conninfo of a new database with the current schema.
    fileprivate func migrated(_ name: String) throws -> String {
        let conninfo = try database(name)
        try Migrator(Connection(conninfo), Migration.load(Migration.folder())).migrate()
        return conninfo
    }
}

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .milliseconds(1)
}

func percentiles(_ times: [Double], _ prefix: String = "") -> [String: JSON] {
    let sorted = times.sorted()
    return [
        prefix + "p50_ms": .double(sorted[sorted.count / 2]),
        prefix + "p99_ms": .double(sorted[sorted.count * 99 / 100]),
    ]
}
