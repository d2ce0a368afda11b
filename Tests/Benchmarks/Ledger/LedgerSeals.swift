import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Synchronization

extension LedgerBench {
    /// Seals of an artifact with three edges, each in a durable transaction of its own with its
    /// entries in the log, by `clients` that begin together. A connection's first ones, which make its
    /// plans, are not counted.
    func measureSeals(_ clients: Int, _ name: String) throws {
        let setup = try Connection(conninfo(name))
        try setup.execute(script: "DROP SCHEMA IF EXISTS story CASCADE")
        try run("Tests/Fixtures/ledger.sql", on: setup)
        let race = SealRace(clients)
        let conninfo = conninfo(name)
        let group = DispatchGroup()
        for _ in 0..<clients {
            group.enter()
            // Threads, since there are fewer cores than clients.
            Thread.detachNewThread {
                race.run(conninfo, seals: 400 / clients)
                group.leave()
            }
        }
        group.wait()
        let (sorted, rate) = try race.result()
        let p99 = sorted[sorted.count * 99 / 100]
        tell(
            "seal, 3 edges, fsync on",
            [
                "clients": .int(clients), "asked": .int(sorted.count),
                "p50_ms": .double(sorted[sorted.count / 2]), "p99_ms": .double(p99),
                "per_second": .double(rate), "target_p99_ms": .double(15),
                "target_per_second": .double(200), "met": .bool(p99 <= 15 && rate >= 200),
            ]
        )
    }

    /// A log of every row of a graph of `size` artifacts, and its verification.
    func verifyLog(_ size: Int) throws {
        let connection = try database("log")
        try fill(connection, .sparse, size)
        try run("Tests/Benchmarks/peer/ledger_log.sql", on: connection)
        let key = SigningKey()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sealing = try seconds { try LogSealer(connection, key: key, folder: folder).seal() }
        let before = processSeconds
        var report: LogReport?
        let wall = try seconds {
            report = try LogVerifier(connection, keys: [key.verifying]).verify()
        }
        guard let report, report.findings.isEmpty else {
            throw JobFailure(.permanent, "\(report?.findings.prefix(3) ?? [])")
        }
        let own = processSeconds - before
        tell(
            "verify_log",
            [
                "entries": .int(report.entries), "rows": .int(report.rows),
                "seconds": .double(wall), "verifier_cpu_seconds": .double(own),
                "entries_per_second": .double(Double(report.entries) / wall),
                "entries_per_second_of_verifier_core": .double(Double(report.entries) / own),
                "target_per_second": .double(200_000),
                "met": .bool(Double(report.entries) / own >= 200_000),
                "sealing_seconds": .double(sealing),
            ]
        )
    }

    private func seconds<Value>(_ body: () throws -> Value) rethrows -> Double {
        let start = ContinuousClock.now
        _ = try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// What this process has spent on cores.
    private var processSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Clients that seal at once.
private final class SealRace: Sendable {
    private struct State {
        var ready = 0
        var start: ContinuousClock.Instant?
        var end: ContinuousClock.Instant?
        var times: [Double] = []
        var failure: String?
    }

    private let clients: Int
    private let state = Mutex(State())

    init(_ clients: Int) { self.clients = clients }

    /// Seals `seals` times, after the plans are made and when all clients are ready.
    func run(_ conninfo: String, seals: Int) {
        do {
            let connection = try Connection(conninfo)
            _ = try times(10, connection)
            state.withLock { $0.ready += 1 }
            while state.withLock({ $0.ready < clients && $0.failure == nil }) { usleep(100) }
            state.withLock { $0.start = $0.start ?? .now }
            let found = try times(seals, connection)
            state.withLock { ($0.times, $0.end) = ($0.times + found, .now) }
        } catch {
            state.withLock { $0.failure = "\(error)" }
        }
    }

    /// The times in milliseconds, ascending, and the seals a second of all together.
    func result() throws -> ([Double], Double) {
        let state = state.withLock { $0 }
        guard let start = state.start, let end = state.end, state.failure == nil else {
            throw JobFailure(.permanent, state.failure ?? "nobody sealed")
        }
        return (state.times.sorted(), Double(state.times.count) / ((end - start) / .seconds(1)))
    }

    private func times(_ count: Int, _ connection: Connection) throws -> [Double] {
        try (0..<count).map { _ in
            let start = ContinuousClock.now
            try connection.query(
                "SELECT story.distill($1, 'model-101', 'model-201')",
                [.text("sealed-\(UUID().uuidString)")]
            )
            return (ContinuousClock.now - start) / .milliseconds(1)
        }
    }
}
