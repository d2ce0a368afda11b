import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.serialized, .timeLimit(.minutes(10)))
struct LeaseFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

    /// A thread with a connection of its own.
    private func inThread(_ body: @escaping @Sendable (Connection) throws -> Void) -> Thread.Outcome
    {
        let (conninfo, outcome) = (desk.conninfo, Thread.Outcome())
        Thread.detachNewThread {
            outcome.end(with: Result { try body(Connection(conninfo)) })
        }
        return outcome
    }

    /// 10,000 leases end at about the moment at which their holder completes.
    @Test func `fault 24: completion and reaper, 10,000 pairs, and one winner each`() throws {
        let rounds = (batches: 100, jobs: 100)
        let done = Flag()
        let reaper = inThread { connection in
            while !done.isSet { try JobQueue(connection).reap() }
        }
        var succeeded = 0
        for batch in 0..<rounds.batches {
            try add(rounds.jobs)
            let jobs = try (0..<rounds.jobs).compactMap { _ in try desk.claim() }
            for job in jobs {
                try desk.connection.query(
                    """
                    UPDATE queue.job SET lease_expires_at = clock_timestamp() + interval '4 ms'
                    WHERE id = $1::uuid
                    """,
                    [.uuid(job.claim.job)]
                )
                Thread.sleep(forTimeInterval: .random(in: 0.002...0.006))
                do {
                    try desk.queue.complete(job, outputs: [FaultDesk.output("model", "\(batch)")])
                    succeeded += 1
                } catch is Fenced {}
            }
            // Whatever was lost must not come back into the next batch.
            let open = "SELECT count(*) FROM queue.job WHERE state = 'running'"
            while try desk.number(open) > 0 { Thread.sleep(forTimeInterval: 0.01) }
            try desk.connection.query(
                "SELECT queue.cancel(id) FROM queue.job WHERE state = 'queued'"
            )
        }
        done.set()
        try reaper.wait()
        let lost = try desk.number(
            "SELECT count(*) FROM queue.job_transition WHERE reason = 'lost'"
        )
        print("completed \(succeeded), reaped \(lost)")
        #expect(succeeded + lost == rounds.batches * rounds.jobs)
        #expect(succeeded > 0 && lost > 0)
        #expect(try desk.number("SELECT count(*) FROM lineage.run") == succeeded)
        let both = """
            SELECT count(*) FROM queue.job j JOIN lineage.run r ON r.job = j.id
            WHERE j.state <> 'succeeded' OR EXISTS (
                SELECT FROM queue.job_transition t
                WHERE t.job = j.id AND t.epoch = r.epoch AND t.reason = 'lost'
            )
            """
        #expect(try desk.number(both) == 0)
    }

    @Test func `fault 25: two reapers, one killed in its batch, take 10,000 dead leases once`()
        throws
    {
        try add(1_000)
        while try desk.claim() != nil {}
        // The living ones come first in every order.
        try fill(10_000, state: "running", lease: "now() - interval '1 second'")
        let killed = try Connection(desk.conninfo)
        try killed.query("BEGIN")
        #expect(try JobQueue(killed).reap() == 100)
        let pid = try killed.query("SELECT pg_backend_pid() AS pid")[0].int("pid")
        try desk.connection.query("SELECT pg_terminate_backend($1::integer)", [.int(pid)])
        let reapers = (0..<2).map { _ in
            inThread { connection in while try JobQueue(connection).reap() > 0 {} }
        }
        for reaper in reapers { try reaper.wait() }
        while try desk.queue.reap() > 0 {}
        let lost = "SELECT count(*) FROM queue.job_transition WHERE reason = 'lost'"
        #expect(try desk.number(lost) == 10_000)
        #expect(try desk.number("SELECT count(*) FROM queue.job WHERE state = 'running'") == 1_000)
    }

    /// Adds jobs that look as if they had come to `state`.
    private func fill(_ count: Int, state: String, lease: String) throws {
        try desk.connection.query(
            """
            INSERT INTO queue.job (
                id, kind, spec, canonical, spec_digest, inputs, state, reason, epoch, attempt,
                started_at, attempt_started_at, heartbeat_at, lease_owner, lease_expires_at
            )
            SELECT gen_random_uuid(), 'train', '{}', 'x', sha256('x'), '[]', '\(state)', 'started',
                1, 1, now(), now(), now(), gen_random_uuid(), \(lease)
            FROM generate_series(1, \(count))
            """
        )
    }

    /// Adds `count` jobs of all priorities as quickly as SQL can.
    private func add(_ count: Int) throws {
        try desk.connection.query(
            """
            SELECT queue.submit(
                't', gen_random_uuid()::text, gen_random_uuid(), 'x',
                jsonb_build_object(
                    'kind', 'train', 'spec', '{"method": "classifier"}'::jsonb,
                    'inputs', queue.pin('{"dataset": "shapes"}'), 'priority', i % 10
                )
            ) FROM generate_series(1, $1::integer) i
            """,
            [.int(count)]
        )
    }

    @Test func `fault 26: leases follow the server's clock alone`() throws {
        let id = try desk.add()
        let job = try #require(try desk.claim(5))
        // No function takes a time from its caller: a worker's clock has no way in.
        let times = """
            SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'queue' AND p.prosecdef
                AND 'timestamptz'::regtype = ANY (p.proargtypes::oid[])
            """
        #expect(try desk.number(times) == 0)
        #expect(try desk.queue.renew(job.claim, lease: 5) == .go)
        #expect(try desk.state(id) == "running")
    }

    @Test func `fault 30: an incarnation that started before is refused`() throws {
        let incarnation = UUID()
        try desk.queue.enlist(incarnation, .train, offer: .init())
        let error = #expect(throws: PostgresError.self) {
            try desk.queue.enlist(incarnation, .train, offer: .init())
        }
        #expect(error?.sqlState == "PL004")
    }

    @Test func `fault 32: five losses are enough, and the next job is claimed`() throws {
        let (poison, other) = (try desk.add(["priority": .int(9)]), try desk.add())
        for _ in 0..<5 {
            #expect(try desk.claim(0.001)?.claim.job == poison)
            Thread.sleep(forTimeInterval: 0.005)
            try desk.queue.reap()
        }
        #expect(try desk.failure(poison)?.reason == .lost)
        #expect(try desk.claim()?.claim.job == other)
    }

    @Test func `fault 33: two workers claim 10,000 jobs, each once, in order of rank`() throws {
        try add(10_000)
        let workers = (0..<2).map { _ in
            inThread { connection in
                let (queue, owner) = (JobQueue(connection), UUID())
                while try queue.claim([.train], owner: owner, lease: 600) != nil {}
            }
        }
        for worker in workers { try worker.wait() }
        #expect(try desk.number("SELECT count(*) FROM queue.job WHERE epoch = 1") == 10_000)
        #expect(try desk.number("SELECT count(DISTINCT lease_owner) FROM queue.job") == 2)
        // Two claims at once may change places, and no more: each worker's own order is the rank's.
        let disorder = """
            SELECT count(*) FROM (
                SELECT rank, lag(rank) OVER (PARTITION BY lease_owner ORDER BY attempt_started_at)
                    AS before FROM queue.job
            ) o WHERE before > rank
            """
        #expect(try desk.number(disorder) == 0)
    }

    @Test func `fault 33: half an hour of waiting is one step of priority`() throws {
        let old = try desk.add()
        try desk.connection.query(
            "UPDATE queue.job SET rank = rank - interval '65 minutes' WHERE id = $1::uuid",
            [.uuid(old)]
        )
        let (three, two) = (
            try desk.add(["priority": .int(3)]), try desk.add(["priority": .int(2)])
        )
        let order = try (0..<3).map { _ in try desk.claim()?.claim.job }
        #expect(order == [three, old, two])
    }

    @Test func `fault 60: a worker of one kind gets no job of another`() throws {
        _ = try desk.add()
        #expect(try desk.queue.claim([.distill], owner: UUID(), lease: 60) == nil)
        let train = try #require(try desk.claim())
        // And it cannot complete what it does not hold.
        let stranger = Claim(job: train.claim.job, epoch: train.claim.epoch + 1)
        #expect(throws: Fenced.self) { try desk.queue.release(stranger) }
    }

    @Test func `resources: a job waits for a worker that has what it needs`() throws {
        let needs = JSON.object(["device_class": .string("cuda"), "memory_bytes": .int(1 << 40)])
        let big = try desk.add(["resources": needs, "priority": .int(9)])
        let small = try desk.add()
        func claim(_ offer: JobOptions.Resources) throws -> UUID? {
            try desk.queue.claim([.train], owner: UUID(), lease: 60, offer: offer)?.claim.job
        }
        let cpu = JobOptions.Resources(deviceClass: "cpu", memoryBytes: 1 << 41, threads: 8)
        #expect(try claim(cpu) == small)
        #expect(try claim(.init(deviceClass: "cuda", memoryBytes: 1 << 30, threads: 8)) == nil)
        #expect(try claim(.init(deviceClass: "cuda", memoryBytes: 1 << 41, threads: 8)) == big)
    }
}
