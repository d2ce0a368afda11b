import Foundation
import Jobs
import LocalStack
import Postgres

/// The ledger at a million artifacts (graph A): each question asked of many artifacts, one after
/// the other over one connection, beside its target.
///
/// `PALIMPSEST_LEDGER_SIZE` is the number of artifacts. `PALIMPSEST_LEDGER_DATABASE` asks a database
/// that holds the graph already; `PALIMPSEST_LEDGER_KEEP` prints where it is and waits for a line.
func benchmarkLedger() throws {
    let environment = ProcessInfo.processInfo.environment
    let size = environment["PALIMPSEST_LEDGER_SIZE"].flatMap(Int.init) ?? 1_000_000
    let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(getpid())")
    var options = PrivatePostgres.Options()
    options.removesFolder = true
    options.settings = ["shared_buffers=1GB", "work_mem=32MB", "max_wal_size=4GB"]
    let given = environment["PALIMPSEST_LEDGER_DATABASE"]
    let server = given == nil ? try PrivatePostgres.start(in: folder, options) : nil
    defer { server?.stop() }
    let connection = try Connection(given ?? server?.conninfo ?? "")
    if given == nil { try fill(connection, size) }
    if environment["PALIMPSEST_LEDGER_KEEP"] != nil, let server {
        print(server.conninfo)
        _ = readLine()
    }
    try describe(connection)
    for question in questions { try measure(question, connection, size) }
    try measureSeals(connection)
}

/// One question: its SQL with the artifact's digest as `$1`, and what it may cost.
private struct LedgerQuestion {
    let name: String
    let sql: String
    var rounds = 500
    let target: String
}

private let questions = [
    LedgerQuestion(
        name: "original_of",
        sql: "SELECT * FROM lineage.original_of($1)",
        target: "p99 <= 2 ms"
    ),
    LedgerQuestion(
        name: "job_of",
        sql: "SELECT * FROM lineage.job_of($1)",
        target: "p99 <= 2 ms"
    ),
    LedgerQuestion(
        name: "ancestors",
        sql: "SELECT * FROM lineage.ancestors($1)",
        target: "p99 <= 5 ms to 100 rows, then 60 us a row"
    ),
    LedgerQuestion(
        name: "is_derived_from",
        sql: "SELECT lineage.is_derived_from($1, 'model-1')",
        target: "p99 <= 10 ms"
    ),
    LedgerQuestion(
        name: "requests_status, 50 open requests",
        sql: "SELECT * FROM lineage.requests_status($1)",
        target: "p99 <= 50 ms"
    ),
    LedgerQuestion(
        name: "exposed_deployments, hottest base, 20,000 live",
        sql: "SELECT * FROM lineage.exposed_deployments('wish-1') WHERE $1 <> ''",
        rounds: 10,
        target: "<= 500 ms"
    ),
    LedgerQuestion(
        name: "descendants, hottest base, 10,000 rows",
        sql: "SELECT * FROM lineage.descendants('model-1') WHERE $1 <> ''",
        rounds: 10,
        target: "<= 300 ms, truncated"
    ),
]

private func fill(_ connection: Connection, _ size: Int) throws {
    try Migrator(connection, Migration.load(Migration.folder())).migrate()
    let start = ContinuousClock.now
    try connection.query("SELECT set_config('bench.size', $1, false)", [.text("\(size)")])
    let file = URL(filePath: "Tests/Benchmarks/peer/ledger_graph.sql")
    try connection.execute(script: String(contentsOf: file, encoding: .utf8))
    report(
        "ledger",
        [
            "question": .string("filling"), "artifacts": .int(size),
            "seconds": .double((ContinuousClock.now - start) / .seconds(1)),
        ]
    )
}

private func describe(_ connection: Connection) throws {
    let row = try connection.query(
        """
        SELECT count(*) AS artifacts, max(generation) AS depth,
            (SELECT count(*) FROM lineage.edge) AS edges,
            avg(cardinality(origin_roots)) AS origins,
            count(*) FILTER (WHERE origin_roots @> '{1}') AS hottest
        FROM lineage.artifact
        """
    ).first
    guard let row else { return }
    report(
        "ledger",
        [
            "question": .string("the graph"), "artifacts": .int(try row.int("artifacts")),
            "edges": .int(try row.int("edges")), "depth": .int(try row.int("depth")),
            "origins_mean": .double(try row.double("origins")),
            "descendants_of_hottest": .int(try row.int("hottest")),
        ]
    )
}

/// Asks `question` of random artifacts; p50 and p99 of the time until the answer is read.
private func measure(_ question: LedgerQuestion, _ connection: Connection, _ size: Int) throws {
    let digests = try connection.query(
        """
        SELECT encode(a.digest, 'hex') AS digest FROM generate_series(1, $1) i
        JOIN lineage.artifact a ON a.seq = 1 + (i * 7919::bigint * 104729) % $2
        """,
        [.int(question.rounds + 20), .int(size)]
    ).map { try $0.text("digest") }
    var (times, rows): ([Double], [Int]) = ([], [])
    for (index, digest) in digests.enumerated() {
        let start = ContinuousClock.now
        let answer = try connection.query(question.sql, [.text(digest)])
        let time = (ContinuousClock.now - start) / .milliseconds(1)
        // The first ones bring pages and plans in.
        if index >= min(20, digests.count - question.rounds) {
            times.append(time)
            rows.append(answer.count)
        }
    }
    times.sort()
    report(
        "ledger",
        [
            "question": .string(question.name), "target": .string(question.target),
            "asked": .int(times.count), "p50_ms": .double(times[times.count / 2]),
            "p99_ms": .double(times[min(times.count - 1, times.count * 99 / 100)]),
            "rows_mean": .double(Double(rows.reduce(0, +)) / Double(rows.count)),
            "rows_most": .int(rows.max() ?? 0),
        ]
    )
}

/// Seals of an artifact with an edge, each in a transaction of its own.
private func measureSeals(_ connection: Connection) throws {
    let fixture = URL(filePath: "Tests/Fixtures/ledger.sql")
    try connection.execute(script: "DROP SCHEMA IF EXISTS story CASCADE")
    try connection.execute(script: String(contentsOf: fixture, encoding: .utf8))
    let mark = UUID().uuidString.prefix(8)
    var times: [Double] = []
    for index in 0..<500 {
        let start = ContinuousClock.now
        try connection.query(
            "SELECT story.distill($1, 'model-101', 'model-201')",
            [.text("sealed-\(mark)-\(index)")]
        )
        times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    times.sort()
    report(
        "ledger",
        [
            "question": .string("seal, 3 edges, one client"),
            "target": .string("p99 <= 15 ms, >= 200/s"),
            "asked": .int(times.count), "p50_ms": .double(times[times.count / 2]),
            "p99_ms": .double(times[times.count * 99 / 100]),
            "per_second": .double(Double(times.count) / (times.reduce(0, +) / 1000)),
        ]
    )
}
