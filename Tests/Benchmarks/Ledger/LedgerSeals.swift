import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Synchronization

extension LedgerBench {
    /// Seals of an artifact with three edges, each in a durable transaction of its own with its
    /// entries in the log, by `clients` at once. A connection's first ones, which make its plans, are
    /// not counted.
    func measureSeals(_ clients: Int, _ name: String) throws {
        let setup = try Connection(conninfo(name))
        try setup.execute(script: "DROP SCHEMA IF EXISTS story CASCADE")
        try run("Tests/Fixtures/ledger.sql", on: setup)
        let times = Mutex<[[Double]]>([])
        let failure = Mutex<String?>(nil)
        DispatchQueue.concurrentPerform(iterations: clients) { _ in
            do {
                let connection = try Connection(conninfo(name))
                _ = try sealTimes(10, connection)
                let found = try sealTimes(400 / clients, connection)
                times.withLock { $0.append(found) }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw JobFailure(.permanent, failure) }
        let each = times.withLock { $0 }
        let sorted = each.joined().sorted()
        let rate = each.reduce(0) { $0 + 1_000 * Double($1.count) / $1.reduce(0, +) }
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

    private func sealTimes(_ count: Int, _ connection: Connection) throws -> [Double] {
        try (0..<count).map { _ in
            let start = ContinuousClock.now
            try connection.query(
                "SELECT story.distill($1, 'model-101', 'model-201')",
                [.text("sealed-\(UUID().uuidString)")]
            )
            return (ContinuousClock.now - start) / .milliseconds(1)
        }
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
