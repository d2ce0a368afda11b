import Foundation
import Jobs
import Postgres

/// One question: its SQL with the artifact's digest as `$1`, and what it may cost.
private struct LedgerQuestion {
    let name: String
    let sql: String
    var rounds = 500
    /// Milliseconds that the p99 may take on graph A, and on B where it has a target there.
    let limit: Double
    var dense: Double?
}

private let questions = [
    LedgerQuestion(
        name: "original_of",
        sql: "SELECT * FROM lineage.original_of($1)",
        limit: 2,
        dense: 2
    ),
    LedgerQuestion(
        name: "job_of",
        sql: "SELECT * FROM lineage.job_of($1)",
        limit: 2,
        dense: 2
    ),
    LedgerQuestion(
        name: "is_derived_from",
        sql: "SELECT lineage.is_derived_from($1, 'model-1')",
        limit: 10,
        dense: 500
    ),
    LedgerQuestion(
        name: "requests_status, 50 open requests",
        sql: "SELECT * FROM lineage.requests_status($1)",
        limit: 50
    ),
    LedgerQuestion(
        name: "exposed_deployments, hottest base",
        sql: "SELECT * FROM lineage.exposed_deployments('wish-1') WHERE $1 <> ''",
        rounds: 10,
        limit: 500
    ),
    LedgerQuestion(
        name: "descendants, hottest base, 10,000 rows",
        sql: "SELECT * FROM lineage.descendants('model-1') WHERE $1 <> ''",
        rounds: 10,
        limit: 300
    ),
]

extension LedgerBench {
    /// Fills a database with `graph` and asks everything of it.
    func ask(_ graph: Graph, _ size: Int) throws {
        let connection = try database("graph_\(graph.name.lowercased())")
        try fill(connection, graph, size)
        let isDense = graph.name == "B"
        for question in questions {
            let rounds = isDense ? min(question.rounds, 200) : question.rounds
            let (timings, rows) = try measure(question.sql, rounds, connection, size)
            let limit = isDense ? question.dense : question.limit
            var values = timings.values(limit: limit)
            values["target_p99_ms"] = limit.map { .double($0) }
            values["rows_mean"] = .double(Double(rows.reduce(0, +)) / Double(rows.count))
            tell(question.name, values.merging(["graph": .string(graph.name)]) { $1 })
        }
        try askAncestors(graph, connection, size, rounds: isDense ? 100 : 500)
        if !isDense { for clients in [1, 4] { try measureSeals(clients, "graph_a") } }
    }

    /// A small answer has a limit, a large one a limit a row.
    private func askAncestors(
        _ graph: Graph,
        _ connection: Connection,
        _ size: Int,
        rounds: Int
    ) throws {
        let sql = "SELECT * FROM lineage.ancestors($1, max_rows => 100000)"
        let (timings, rows) = try measure(sql, rounds, connection, size)
        let small = rows.indices.filter { rows[$0] <= 100 }
        let large = rows.indices.filter { rows[$0] > 100 }
        var values = timings.values(at: small, limit: 5)
        values["target_p99_ms"] = .double(5)
        values["graph"] = .string(graph.name)
        if !small.isEmpty { tell("ancestors, at most 100 rows", values) }
        guard !large.isEmpty else { return }
        let perRow = large.map { timings.wall[$0] * 1000 / Double(rows[$0]) }.sorted()
        var more = timings.values(at: large)
        more["graph"] = .string(graph.name)
        more["rows_mean"] = .int(large.reduce(0) { $0 + rows[$1] } / large.count)
        more["rows_most"] = .int(rows.max() ?? 0)
        more["us_per_row_p50"] = .double(perRow[perRow.count / 2])
        more["us_per_row_p99"] = .double(perRow[perRow.count * 99 / 100])
        more["target_us_per_row"] = .double(60)
        more["met"] = .bool(perRow[perRow.count * 99 / 100] <= 60)
        tell("ancestors, more than 100 rows", more)
    }

    /// Asks `sql` of random artifacts: the times until the answers are read, and their rows.
    private func measure(
        _ sql: String,
        _ rounds: Int,
        _ connection: Connection,
        _ size: Int
    ) throws -> (Timings, [Int]) {
        let digests = try connection.query(
            """
            SELECT encode(a.digest, 'hex') AS digest FROM generate_series(1, $1) i
            JOIN lineage.artifact a ON a.seq = 1 + (i * 7919::bigint * 104729) % $2
            """,
            [.int(rounds + 20), .int(size)]
        ).map { try $0.text("digest") }
        // The first ones bring pages and plans in.
        for digest in digests.prefix(min(20, rounds)) {
            try connection.query(sql, [.text(digest)])
        }
        var timings = try Timings(connection)
        let rows = try digests.suffix(rounds).map { digest in
            try timings.time { try connection.query(sql, [.text(digest)]).count }
        }
        return (timings, rows)
    }
}
