import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Synchronization

/// The statements that workers live by, without workers.
struct QueueStatements {
    private let conninfo: String
    private let connection: Connection

    init(_ conninfo: String) throws {
        self.conninfo = conninfo
        connection = try Connection(conninfo)
    }

    /// Adds `count` waiting jobs as quickly as SQL can.
    func add(_ count: Int) throws {
        try connection.query(
            """
            SELECT queue.submit('bench', gen_random_uuid()::text, gen_random_uuid(), 'x',
                '{"kind": "train", "spec": {}, "inputs": []}')
            FROM generate_series(1, $1::integer)
            """,
            [.int(count)]
        )
    }

    /// Adds `count` jobs that ended, past the triggers, which would take their time.
    func fill(_ count: Int) throws {
        try connection.query("ALTER TABLE queue.job DISABLE TRIGGER USER")
        try connection.query(
            """
            INSERT INTO queue.job (
                id, kind, spec, canonical, spec_digest, inputs, state, reason, epoch, attempt,
                started_at, finished_at
            )
            SELECT gen_random_uuid(), 'train', '{}', 'x', sha256('x'), '[]', 'succeeded',
                'succeeded', 1, 1, now(), now()
            FROM generate_series(1, $1::integer)
            """,
            [.int(count)]
        )
        try connection.query("ALTER TABLE queue.job ENABLE TRIGGER USER")
        try connection.query("ANALYZE queue.job")
    }

    func claimsAndRenewals() throws {
        let (clients, jobs) = (8, 8_000)
        try add(jobs)
        try connection.query("ANALYZE queue.job")
        let claims = Mutex<[[Claim]]>([])
        let claiming = try elapsed(clients) { queue in
            var (mine, owner) = ([Claim](), UUID())
            while let job = try queue.claim([.train], owner: owner, lease: 3_600) {
                mine.append(job.claim)
            }
            claims.withLock { $0.append(mine) }
        }
        report(
            "queue_claims",
            ["clients": .int(clients), "per_second": .double(Double(jobs) / claiming)]
        )
        let held = claims.withLock { $0 }
        let next = Atomic(0)
        let renewing = try elapsed(clients) { queue in
            let mine = held[next.wrappingAdd(1, ordering: .relaxed).oldValue]
            for claim in mine { try queue.renew(claim, lease: 3_600) }
        }
        report(
            "queue_renewals",
            ["clients": .int(clients), "per_second": .double(Double(jobs) / renewing)]
        )
    }

    /// Jobs that do nothing, from the claim to the sealed end, which writes their lineage too.
    func jobs(_ peer: QueuePeer?) throws {
        let (clients, jobs) = (8, 4_000)
        let dataset = JobOutput(
            name: "dataset",
            kind: "dataset",
            content: Digest(of: Data("d".utf8)),
            bytes: 1,
            info: .object([:])
        )
        try Ledger(connection).register(dataset, from: "bench", name: "d")
        for index in 0..<jobs { try submit("job \(index)") }
        let seconds = try elapsed(clients) { queue in
            let owner = UUID()
            while let job = try queue.claim([.train], owner: owner, lease: 3_600) {
                let content = Digest(of: Data(job.claim.job.uuidString.utf8))
                let output = JobOutput(
                    name: "model",
                    kind: "checkpoint",
                    content: content,
                    bytes: 1,
                    info: .object([:])
                )
                try queue.complete(job, outputs: [output])
            }
        }
        let rate = Double(jobs) / seconds
        var values: [String: JSON] = ["clients": .int(clients), "per_second": .double(rate)]
        if let peer {
            values["peer"] = .string("procrastinate \(peer.version)")
            values["peer_per_second"] = .double(peer.jobsPerSecond)
            values["ratio"] = .double(rate / peer.jobsPerSecond)
        }
        report("queue_noop_jobs", values)
    }

    /// Takes in one classifier's job, its dataset's name pinned, as the intake does.
    private func submit(_ message: String) throws {
        let body: [String: JSON] = [
            "spec": .object(["method": .string("classifier")]),
            "inputs": .object(["dataset": .string("d")]),
        ]
        let request = try JobRequest(.object(body), kind: .train, fallbackID: UUID())
        _ = try JobQueue(connection).submit(
            request,
            inputs: Ledger(connection).pin(request.inputs),
            source: "bench",
            messageID: message
        )
    }

    func latencies() throws {
        let queue = JobQueue(connection)
        var (intakes, claims): ([Double], [Double]) = ([], [])
        for index in 0..<2_000 {
            intakes.append(try milliseconds { try submit("latency \(index)") })
            claims.append(
                try milliseconds {
                    _ = try queue.claim([.train], owner: UUID(), lease: 3_600)
                }
            )
        }
        let finished: [String: JSON] = ["finished_jobs": .int(1_000_000)]
        report("queue_intake", percentiles(intakes).merging(finished) { $1 })
        report("queue_claim", percentiles(claims).merging(finished) { $1 })
        let reap = try milliseconds { _ = try queue.reap() }
        report("queue_reap", finished.merging(["ms": .double(reap)]) { $1 })
    }

    /// The seconds until `clients` threads, each with a connection that is open before, are done.
    private func elapsed(
        _ clients: Int,
        _ body: @escaping @Sendable (JobQueue) throws -> Void
    ) throws -> Double {
        let (ready, go, done) = (DispatchGroup(), DispatchSemaphore(value: 0), DispatchGroup())
        let failure = Mutex<(any Error)?>(nil)
        for _ in 0..<clients {
            ready.enter()
            done.enter()
            Thread.detachNewThread { [conninfo] in
                defer { done.leave() }
                do {
                    let queue = JobQueue(try Connection(conninfo))
                    ready.leave()
                    go.wait()
                    try body(queue)
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        ready.wait()
        let start = ContinuousClock.now
        for _ in 0..<clients { go.signal() }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
