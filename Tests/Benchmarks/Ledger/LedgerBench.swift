import Foundation
import Jobs
import LocalStack
import Postgres

/// The ledger at a million artifacts: each question asked of many artifacts, one after the other
/// over one connection, beside its target; seals, the log, and graphs that are made to hurt.
///
/// `PALIMPSEST_LEDGER_SIZE` is the number of artifacts, `PALIMPSEST_LEDGER_PARTS` chooses among
/// `a`, `b`, `log`, `adversaries` and `registry` (all by default).
func benchmarkLedger() throws {
    let environment = ProcessInfo.processInfo.environment
    let size = environment["PALIMPSEST_LEDGER_SIZE"].flatMap(Int.init) ?? 1_000_000
    let parts = environment["PALIMPSEST_LEDGER_PARTS"]?.split(separator: ",").map(String.init)
    let bench = try LedgerBench()
    defer { bench.server.stop() }
    let all: [(String, () throws -> Void)] = [
        ("a", { try bench.ask(.sparse, size) }), ("b", { try bench.ask(.dense, size) }),
        ("log", { try bench.verifyLog(size / 10) }), ("adversaries", bench.meetAdversaries),
        ("registry", { try [10_000, 100_000].forEach(bench.compareRegistry) }),
    ]
    for (name, run) in all where parts?.contains(name) ?? true { try run() }
}

/// A server of our own with durable commits and room to work.
struct LedgerBench {
    /// A shape of `ledger_graph.sql`.
    struct Graph {
        let name: String
        /// The share of artifacts that come from a base directly, and of those with a second parent.
        let (base, second): (Double, Double)
        /// The exponent of a parent's place among those before; below 1 parents are young.
        let age: Double
        /// How many are live; what each carries is kept, which on a dense graph is thousands.
        let live: Int

        static let sparse = Graph(name: "A", base: 0.3, second: 0.2506, age: 0.55, live: 20_000)
        static let dense = Graph(name: "B", base: 0.2, second: 0.6, age: 0.2, live: 200)
    }

    let server: PrivatePostgres

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(getpid())")
        var options = PrivatePostgres.Options()
        options.removesFolder = true
        options.settings = ["shared_buffers=1GB", "work_mem=32MB", "max_wal_size=4GB"]
        server = try PrivatePostgres.start(in: folder, options)
    }

    /// A new database with the schema; `name` is put in place of an older one.
    func database(_ name: String, migrated: Bool = true) throws -> Connection {
        let maintenance = try Connection(server.conninfo)
        try maintenance.query("DROP DATABASE IF EXISTS \(name)")
        try maintenance.query("CREATE DATABASE \(name)")
        let connection = try Connection(conninfo(name))
        if migrated { try Migrator(connection, Migration.load(Migration.folder())).migrate() }
        return connection
    }

    func conninfo(_ name: String) -> String {
        server.conninfo.replacing("dbname=palimpsest", with: "dbname=\(name)")
    }

    func run(_ file: String, on connection: Connection) throws {
        try connection.execute(script: String(contentsOf: URL(filePath: file), encoding: .utf8))
    }

    /// Loads `graph` and describes it.
    func fill(_ connection: Connection, _ graph: Graph, _ size: Int) throws {
        let start = ContinuousClock.now
        for (name, value) in [
            ("size", "\(size)"), ("base", "\(graph.base)"), ("second", "\(graph.second)"),
            ("age", "\(graph.age)"), ("live", "\(graph.live)"),
        ] {
            try connection.query(
                "SELECT set_config($1, $2, false)",
                [.text("bench." + name), .text(value)]
            )
        }
        try run("Tests/Benchmarks/peer/ledger_graph.sql", on: connection)
        let row = try connection.query(
            """
            SELECT max(generation) AS deepest, avg(generation) AS mean,
                (SELECT count(*) FROM lineage.edge) AS edges,
                avg(cardinality(origin_roots)) AS origins,
                count(*) FILTER (WHERE origin_roots @> '{1}') AS hottest
            FROM lineage.artifact
            """
        ).first
        guard let row else { return }
        tell(
            "the graph",
            [
                "graph": .string(graph.name), "artifacts": .int(size),
                "edges": .int(try row.int("edges")), "depth_most": .int(try row.int("deepest")),
                "depth_mean": .double(try row.double("mean")),
                "origins_mean": .double(try row.double("origins")),
                "descendants_of_hottest": .int(try row.int("hottest")),
                "filling_seconds": .double((ContinuousClock.now - start) / .seconds(1)),
            ]
        )
    }

    /// One line with the machine's load, which the wall clock's numbers depend on.
    func tell(_ question: String, _ values: [String: JSON]) {
        var load = [0.0]
        getloadavg(&load, 1)
        let common: [String: JSON] = [
            "question": .string(question), "by": .string("palimpsest"),
            "load_average": .double((load[0] * 10).rounded() / 10),
        ]
        report("ledger", common.merging(values) { $1 })
    }
}

/// Times in milliseconds, of the wall clock and of the server's process on a core.
struct Timings {
    private(set) var wall: [Double] = []
    private(set) var cpu: [Double] = []
    private let process: String

    /// - Throws: where the connection does not say which process serves it.
    init(_ connection: Connection) throws {
        let row = try connection.query("SELECT pg_backend_pid() AS pid").first
        process = "/proc/\(try row?.int("pid") ?? 0)/schedstat"
    }

    mutating func time<Value>(_ body: () throws -> Value) rethrows -> Value {
        let (busy, start) = (nanoseconds, ContinuousClock.now)
        let value = try body()
        wall.append((ContinuousClock.now - start) / .milliseconds(1))
        cpu.append(Double(nanoseconds - busy) / 1e6)
        return value
    }

    /// proc(5): the time spent on a core, in nanoseconds.
    private var nanoseconds: Int {
        let text = (try? String(contentsOfFile: process, encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Int($0) } ?? 0
    }

    /// p50 and p99 of those at `places`, which are all by default; whether the p99 is at most `limit`.
    func values(at places: [Int]? = nil, limit: Double? = nil) -> [String: JSON] {
        func percentile(_ times: [Double], _ share: Int) -> Double {
            let chosen = (places.map { $0.map { times[$0] } } ?? times).sorted()
            return chosen.isEmpty ? 0 : chosen[min(chosen.count - 1, chosen.count * share / 100)]
        }
        var values: [String: JSON] = [
            "asked": .int(places?.count ?? wall.count), "p50_ms": .double(percentile(wall, 50)),
            "p99_ms": .double(percentile(wall, 99)), "cpu_p50_ms": .double(percentile(cpu, 50)),
            "cpu_p99_ms": .double(percentile(cpu, 99)),
        ]
        if let limit { values["met"] = .bool(percentile(wall, 99) <= limit) }
        return values
    }
}
