import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct LifecycleTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func `a failure that may pass is tried again until the attempts are used`() throws {
        let request = try Desk.request(.train, attempts: 3)
        try desk.submit(request)
        for attempt in 1...3 {
            let job = try desk.claim()
            #expect(job.attempt == attempt)
            let next = try desk.queue.fail(job.claim, JobFailure(.transient, "disk \(attempt)"))
            #expect(next == (attempt < 3 ? "retry_wait" : "failed"))
        }
        let status = try desk.queue.status(of: request.id)
        #expect(status?.state == "failed")
        #expect(status?.failure == JobFailure(.transient, "disk 3"))
        #expect(try desk.queue.claim([.train], owner: UUID(), lease: 60) == nil)
    }

    @Test(arguments: [JobFailure.Class.invalid, .permanent])
    func `a failure that stays is not tried again`(reason: JobFailure.Class) throws {
        try desk.submit(Desk.request(.train))
        let job = try desk.claim()
        #expect(try desk.queue.fail(job.claim, JobFailure(reason, "NaN at step 3")) == "failed")
        #expect(try desk.state(job.claim.job) == "failed")
    }

    @Test func `a retry waits as long as it was told to`() throws {
        try desk.submit(Desk.request(.train))
        try desk.queue.fail(desk.claim().claim, JobFailure(.transient, "busy"), jitter: 0.03)
        #expect(try desk.queue.claim([.train], owner: UUID(), lease: 60) == nil)
        Thread.sleep(forTimeInterval: 0.35)
        #expect(try desk.claim().attempt == 2)
    }

    @Test func `a success after a failure shows no failure`() throws {
        try desk.submit(Desk.request(.train))
        try desk.queue.fail(desk.claim().claim, JobFailure(.resource, "out of memory"))
        let job = try desk.claim()
        try desk.queue.complete(job, outputs: [Desk.output(content: "x")])
        #expect(try desk.queue.status(of: job.claim.job)?.failure == nil)
    }

    @Test func `a release costs no attempt`() throws {
        try desk.submit(Desk.request(.train, attempts: 1))
        for epoch in 1...4 {
            let job = try desk.claim()
            #expect(job.attempt == 1)
            #expect(job.claim.epoch == epoch)
            try desk.queue.release(job.claim)
        }
    }

    @Test func `a job whose workers die goes round until its losses are used`() throws {
        let request = try Desk.request(.train, attempts: 1)
        try desk.submit(request)
        for expected in ["queued", "queued", "queued", "queued", "failed"] {
            _ = try desk.claim(lease: 0.001)
            Thread.sleep(forTimeInterval: 0.01)
            #expect(try desk.queue.reap() == 1)
            #expect(try desk.state(request.id) == expected)
        }
        let failure = try desk.queue.status(of: request.id)?.failure
        #expect(failure?.reason == .lost)
        #expect(failure?.message.contains("loss 5 of 5") == true)
        #expect(try desk.queue.reap() == 0)
    }

    @Test func `the reaper leaves living leases alone`() throws {
        try desk.submit(Desk.request(.train))
        let job = try desk.claim()
        #expect(try desk.queue.reap() == 0)
        #expect(try desk.queue.renew(job.claim, lease: 60) == .go)
    }

    @Test func `two reapers take each dead job once`() async throws {
        for _ in 0..<150 { try desk.submit(Desk.request(.train)) }
        for _ in 0..<150 { _ = try desk.claim(lease: 0.001) }
        try await Task.sleep(for: .milliseconds(10))
        let conninfo = desk.conninfo
        let reaped = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { try await Session(conninfo).use { try JobQueue($0).reap() } }
            }
            return try await group.reduce(0, +)
        }
        #expect(try reaped + desk.queue.reap() == 150)
        let lost = try desk.connection.query(
            "SELECT count(*) AS n FROM queue.job_transition WHERE reason = 'lost'"
        ).first
        #expect(try lost?.int("n") == 150)
    }

    @Test func `a waiting job is cancelled at once, a running one by its worker`() throws {
        let (waiting, running) = (try Desk.request(.train), try Desk.request(.train, priority: 9))
        try desk.submit(waiting)
        try desk.submit(running)
        let job = try desk.claim()
        #expect(job.claim.job == running.id)
        #expect(try desk.queue.cancel(waiting.id) == .cancelled)
        #expect(try desk.queue.cancel(waiting.id) == .finished)
        #expect(throws: PostgresError.self) { try desk.queue.cancelled(job.claim) }
        #expect(try desk.queue.cancel(running.id) == .requested)
        #expect(try desk.queue.cancel(running.id) == .requested)
        #expect(try desk.state(running.id) == "cancelling")
        #expect(try desk.queue.renew(job.claim, lease: 60) == .cancel)
        try desk.queue.cancelled(job.claim)
        #expect(try desk.state(running.id) == "cancelled")
        #expect(try desk.queue.cancel(running.id) == .finished)
        #expect(try desk.queue.cancel(UUID()) == .unknown)
    }

    @Test func `a cancelled job whose worker died is not tried again`() throws {
        try desk.submit(Desk.request(.train))
        let job = try desk.claim(lease: 0.05)
        #expect(try desk.queue.cancel(job.claim.job) == .requested)
        Thread.sleep(forTimeInterval: 0.06)
        try desk.queue.reap()
        #expect(try desk.state(job.claim.job) == "cancelled")
    }

    @Test func `each change of state is one line of history and one event`() throws {
        let request = try Desk.request(.train, name: "teacher")
        try desk.submit(request)
        try desk.queue.fail(desk.claim().claim, JobFailure(.transient, "disk"))
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "x")])
        let history = try desk.queue.history(of: request.id)
        #expect(
            history.map(\.reason) == ["accepted", "started", "retrying", "started", "succeeded"]
        )
        #expect(history.map(\.to) == ["queued", "running", "retry_wait", "running", "succeeded"])
        #expect(history.map(\.from) == [nil, "queued", "running", "retry_wait", "running"])
        #expect(history.map(\.epoch) == [0, 1, 1, 2, 2])
        #expect(history[2].detail == "disk")
        let events = try desk.outbox.take().filter { $0.topic == Topics.events }
        #expect(
            events.map { $0.headers["ce_type"] }
                == history.map { "job.\($0.reason).v1" }
        )
        #expect(
            events.map { $0.headers["ce_id"] } == (1...5).map { "\(events[0].key ?? "")/\($0)" }
        )
        let last = try JSON(parsing: #require(events.last?.value))
        #expect(last["state"] == .string("succeeded"))
        let made = try desk.ledger.resolve("teacher").artifact
        #expect(
            last["outputs"]
                == .array([
                    .object([
                        "name": .string("model"), "kind": .string("checkpoint"),
                        "artifact": .string(made.hex),
                    ])
                ])
        )
    }

    @Test func `the curve shows each step once, as the last attempt saw it`() throws {
        try desk.submit(Desk.request(.train))
        let first = try desk.claim()
        for step in 1...3 {
            try desk.queue.progress(first.claim, step: step, total: 9, values: ["loss": 1])
        }
        try desk.queue.release(first.claim)
        let second = try desk.claim()
        try desk.queue.progress(
            second.claim,
            step: 3,
            total: 9,
            values: ["loss": 0.5, "bad": .nan]
        )
        let curve = try desk.queue.curve(of: first.claim.job)
        #expect(curve.map(\.step) == [1, 2, 3])
        #expect(curve.map(\.values) == [["loss": 1], ["loss": 1], ["loss": 0.5]])
    }

    @Test func `unsent events are lent to one sender, in order, until they are done`() throws {
        let (a, b) = (try Desk.request(.train), try Desk.request(.train))
        try desk.submit(a)
        try desk.submit(b)
        let first = try desk.outbox.take(limit: 1, lease: 60)
        #expect(first.map(\.key) == [a.id.uuidString.lowercased()])
        _ = try desk.claim()
        // The job's second event waits for its first; the other job's and the run's do not.
        let others = try desk.outbox.take()
        #expect(others.map(\.topic) == [Topics.events, Topics.lineage])
        #expect(others[0].key == b.id.uuidString.lowercased())
        try desk.outbox.done(first)
        #expect(try desk.outbox.take().map { $0.headers["ce_type"] } == ["job.started.v1"])
        #expect(try desk.outbox.take().isEmpty)
    }

    @Test func `events that nobody reported are lent again`() throws {
        try desk.submit(Desk.request(.train))
        let first = try desk.outbox.take(lease: 0.001)
        Thread.sleep(forTimeInterval: 0.01)
        #expect(try desk.outbox.take().map(\.id) == first.map(\.id))
    }
}
