import Foundation
import LocalStack
import Postgres

/// A ledger without a queue, filled by the short functions of `Fixtures/ledger.sql`.
struct Story {
    let conninfo: String
    let connection: Connection

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    init(fixtures: [String] = ["ledger.sql"]) throws {
        conninfo = try PrivatePostgres.testDatabase()
        connection = try Connection(conninfo)
        for file in fixtures { try run(file: file) }
    }

    /// The ledger that `desk` filled.
    init(reading desk: Desk) { (conninfo, connection) = (desk.conninfo, desk.connection) }

    func run(file: String) throws {
        let file = Story.fixtures.appending(path: file)
        try connection.execute(script: String(contentsOf: file, encoding: .utf8))
    }

    func run(_ script: String) throws { try connection.execute(script: script) }

    /// The first column of the answer.
    func column(_ sql: String) throws -> [String] {
        try connection.query("SELECT q.x::text AS x FROM (\(sql)) q (x)").map {
            try $0.optional("x") ?? ""
        }
    }

    /// What `request` says of each artifact in `names`.
    func status(_ names: [String], _ request: String = "wish") throws -> [String] {
        try names.map { try column("SELECT story.status('\($0)', '\(request)')").first ?? "none" }
    }

    /// The SQLSTATE that refuses `sql`, which leaves nothing behind.
    func refusal(_ sql: String) -> String? {
        do {
            try connection.transaction { try connection.execute(script: sql) }
            return nil
        } catch let error as PostgresError {
            return error.sqlState
        } catch { return "\(error)" }
    }
}
