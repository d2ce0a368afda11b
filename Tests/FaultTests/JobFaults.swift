import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct JobFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

    @Test func `fault 6: one message three times, or one job in two messages, is one job`() throws {
        let request = try FaultDesk.request()
        let answers = try ["m", "m", "m", "n"].map { try desk.submit(request, message: $0) }
        #expect(answers == [.accepted, .duplicate, .duplicate, .duplicate])
        #expect(try desk.number("SELECT count(*) FROM queue.job") == 1)
    }

    @Test func `fault 7: one id for two jobs is a conflict that leaves the first alone`() throws {
        let id = try desk.add()
        let other = try FaultDesk.request(["name": .string("other")], id: id)
        #expect(try desk.submit(other) == .conflict)
        #expect(try desk.queue.status(of: id)?.name == nil)
    }

    @Test func `fault 7: one idempotency key for two jobs is one job, or a conflict`() throws {
        let key = ["idempotency_key": JSON.string("nightly")]
        #expect(try desk.submit(FaultDesk.request(key)) == .accepted)
        #expect(try desk.submit(FaultDesk.request(key)) == .duplicate)
        let other = key.merging(["name": .string("other")]) { $1 }
        #expect(try desk.submit(FaultDesk.request(other)) == .conflict)
        #expect(try desk.number("SELECT count(*) FROM queue.job") == 1)
    }

    // Cancelling

    @Test func `fault 34: cancelling in every state, twice, and before the job comes`() throws {
        let first = try desk.add()
        let blocked = try desk.add(["after": .array([first.json])])
        #expect(try desk.queue.cancel(blocked) == .cancelled)
        #expect(try desk.queue.cancel(blocked) == .finished)
        let running = try #require(try desk.claim())
        try desk.queue.fail(running.claim, JobFailure(.transient, "busy"), jitter: 1)
        #expect(try desk.state(first) == "retry_wait")
        #expect(try desk.queue.cancel(first) == .cancelled)
        #expect(try desk.failure(first) == nil)
        let early = UUID()
        #expect(try desk.queue.cancel(early) == .unknown)
        #expect(try desk.submit(FaultDesk.request(id: early)) == .accepted)
        #expect(try desk.state(early) == "cancelled")
        #expect(try desk.claim() == nil)
    }

    @Test func `fault 34: a running job that was cancelled ends cancelled, whatever comes`() throws
    {
        let endings: [(JobQueue, ClaimedJob) throws -> Void] = [
            { try $0.cancelled($1.claim) }, { try $0.release($1.claim) },
            { try $0.fail($1.claim, JobFailure(.transient, "x")) },
            {
                #expect(try $0.renew($1.claim, lease: 60) == .cancel)
                try $0.fail($1.claim, JobFailure(.invalid, "x"))
            },
        ]
        for end in endings {
            let id = try desk.add()
            let job = try #require(try desk.claim())
            #expect(try desk.queue.cancel(id) == .requested)
            #expect(try desk.queue.cancel(id) == .requested)
            try end(desk.queue, job)
            #expect(try desk.state(id) == "cancelled")
        }
    }

    @Test func `fault 34: after a cancel nothing is sealed; after the seal nothing is cancelled`()
        throws
    {
        let id = try desk.add()
        let job = try #require(try desk.claim())
        #expect(try desk.queue.cancel(id) == .requested)
        #expect(throws: JobFailure.self) {
            try desk.queue.complete(job, outputs: [FaultDesk.output()])
        }
        #expect(try desk.number("SELECT count(*) FROM lineage.run") == 0)
        try desk.queue.cancelled(job.claim)
        let other = try desk.add()
        try desk.queue.complete(#require(try desk.claim()), outputs: [FaultDesk.output()])
        #expect(try desk.queue.cancel(other) == .finished)
        #expect(try desk.state(other) == "succeeded")
    }

    // Time

    @Test func `fault 35: a deadline fails the job before, between and during attempts`() throws {
        let past = try desk.add(["deadline": .string("2001-01-01T00:00:00Z")])
        #expect(try desk.failure(past)?.reason == .deadline)
        let soon = {
            JSON.string(
                Date(timeIntervalSinceNow: $0).ISO8601Format(
                    .init(includingFractionalSeconds: true)
                )
            )
        }
        let waiting = try desk.add(["deadline": soon(0.2)])
        let running = try desk.add(["deadline": soon(0.4), "priority": .int(9)])
        let job = try #require(try desk.claim())
        #expect(job.claim.job == running)
        Thread.sleep(forTimeInterval: 0.5)
        #expect(try desk.claim() == nil)
        #expect(try desk.queue.reap() == 1)
        #expect(try desk.failure(waiting)?.reason == .deadline)
        #expect(try desk.queue.renew(job.claim, lease: 60) == .deadline)
        #expect(try desk.queue.fail(job.claim, JobFailure(.deadline, "late")) == "failed")
    }

    @Test func `fault 35: not_before holds a job back and then lets it go by itself`() throws {
        let far = try desk.add(["not_before": .string("2999-01-01T00:00:00Z"), "priority": .int(9)])
        let near = try desk.add([
            "not_before": .string(
                Date(timeIntervalSinceNow: 0.3).ISO8601Format(
                    .init(includingFractionalSeconds: true)
                )
            )
        ])
        #expect(try desk.claim() == nil)
        Thread.sleep(forTimeInterval: 0.4)
        #expect(try desk.claim()?.claim.job == near)
        #expect(try desk.state(far) == "queued")
    }

    @Test func `fault 35: an attempt has no more time than max_runtime`() throws {
        _ = try desk.add(["max_runtime": .double(0.05)])
        let job = try #require(try desk.claim())
        Thread.sleep(forTimeInterval: 0.1)
        #expect(try desk.queue.renew(job.claim, lease: 60) == .runtime)
    }

    // Ends

    @Test func `fault 40: a declared output that is missing, or one too many, is refused`() throws {
        let declared = JSON.array([
            .object(["name": .string("model"), "kind": .string("checkpoint")])
        ])
        let id = try desk.add(["outputs": declared])
        let job = try #require(try desk.claim())
        for outputs in [
            [FaultDesk.output("other")], [FaultDesk.output(), FaultDesk.output("more")],
            [FaultDesk.output("model"), FaultDesk.output("r", kind: "report")],
        ] {
            #expect(throws: JobFailure.self) { try desk.queue.complete(job, outputs: outputs) }
        }
        #expect(try desk.number("SELECT count(*) FROM lineage.run") == 0)
        try desk.queue.complete(job, outputs: [FaultDesk.output()])
        #expect(try desk.state(id) == "succeeded")
    }

    @Test func `fault 42: a person's retry is a new job, once, and only where one is needed`()
        throws
    {
        let id = try desk.add(["idempotency_key": .string("k")])
        let first = try #require(try desk.claim())
        #expect(try desk.queue.retry(id).job == id)
        try desk.queue.fail(first.claim, JobFailure(.permanent, "no"))
        let again = try desk.queue.retry(id)
        #expect(again.isNew && again.job != id)
        #expect(try desk.queue.retry(id).job == again.job)
        #expect(try desk.queue.status(of: again.job)?.retryOf == id)
        #expect(try desk.state(id) == "failed")
        let second = try #require(try desk.claim())
        #expect(second.claim.job == again.job && second.inputs == first.inputs)
        try desk.queue.complete(second, outputs: [FaultDesk.output()])
        #expect(try !desk.queue.retry(again.job).isNew)
        #expect(try desk.queue.retry(id).job == again.job)
    }

    @Test func `budgets: each class of failure has its own`() throws {
        func tries(_ more: [String: JSON], _ failures: [JobFailure]) throws -> [String] {
            let id = try desk.add(more)
            let ends = try failures.map {
                try desk.queue.fail(#require(try desk.claim()).claim, $0)
            }
            _ = try desk.queue.cancel(id)
            return ends
        }
        let (again, over) = ("retry_wait", "failed")
        let words = ["disk", "net", "host", "store", "load"].map { JobFailure(.transient, $0) }
        #expect(try tries([:], words) == [again, again, again, again, over])
        let same = (1...3).map { JobFailure(.transient, "timeout after \($0) s at 0xab\($0)") }
        #expect(try tries([:], same) == [again, again, over])
        let memory = JobFailure(.resource, "memory")
        #expect(try tries([:], [memory, words[0], memory]) == [again, again, over])
        let lost = JobFailure(.lost, "signal 9")
        let few = ["max_attempts": JSON.int(1)]
        #expect(
            try tries(few, [lost, lost, lost, lost, lost]) == [again, again, again, again, over]
        )
        #expect(try tries(few, [words[0]]) == [over])
    }

    @Test func `budgets: a loss that is no number goes on from the snapshot before, once`() throws {
        _ = try desk.add()
        let nan = JobFailure(.diverged, "loss is nan")
        let first = try #require(try desk.claim())
        let places = (1...3).map {
            SnapshotReference(step: $0, content: Digest(of: Data("\($0)".utf8)))
        }
        for place in places { try desk.queue.snapshot(first.claim, place, bytes: 1) }
        #expect(try desk.queue.fail(first.claim, nan) == "retry_wait")
        let second = try #require(try desk.claim())
        #expect(second.snapshots == [places[1], places[0]])
        #expect(try desk.queue.fail(second.claim, nan) == "failed")
    }

    @Test func `snapshots: the last three and every tenth are kept`() throws {
        _ = try desk.add()
        let job = try #require(try desk.claim())
        for step in 1...25 {
            let place = SnapshotReference(step: step, content: Digest(of: Data("\(step)".utf8)))
            try desk.queue.snapshot(job.claim, place, bytes: 1)
            try desk.queue.snapshot(job.claim, place, bytes: 1)
        }
        let kept = try desk.connection.query("SELECT step FROM queue.snapshot ORDER BY step")
        #expect(try kept.map { try $0.int("step") } == [10, 20, 23, 24, 25])
    }

    // The database itself

    @Test func `fault 48: a terminal state stays, for a worker and for the owner`() throws {
        let id = try desk.add()
        try desk.queue.complete(#require(try desk.claim()), outputs: [FaultDesk.output()])
        for state in ["queued", "running", "failed", "cancelled", "blocked", "retry_wait"] {
            let error = #expect(throws: PostgresError.self) {
                try desk.connection.query("UPDATE queue.job SET state = '\(state)'")
            }
            #expect(error?.sqlState == "PL021")
        }
        try desk.connection.query("SET ROLE palimpsest_worker")
        let error = #expect(throws: PostgresError.self) {
            try desk.connection.query("UPDATE queue.job SET state = 'queued'")
        }
        #expect(error?.sqlState == "42501")
        try desk.connection.query("RESET ROLE")
        #expect(try desk.state(id) == "succeeded")
    }

    @Test func `fault 49: SQL in every text stays text`() throws {
        let evil = "'); DROP TABLE queue.job; --\n{\"level\":\"forged\"}"
        let id = try desk.add([
            "labels": .object([evil: .string(evil)]), "idempotency_key": .string(evil),
        ])
        let job = try #require(try desk.claim())
        try desk.queue.fail(job.claim, JobFailure(.permanent, evil))
        #expect(try desk.failure(id)?.message == evil)
        let labels = try desk.connection.query(
            "SELECT labels->>$1 AS l FROM queue.job_status",
            [.text(evil)]
        )
        #expect(try labels.first?.text("l") == evil)
    }

    @Test func `fault 51: a name that moves between attempts changes nothing`() throws {
        let id = try desk.add()
        let first = try #require(try desk.claim())
        try desk.register("shapes", "other shapes")
        try desk.queue.release(first.claim)
        #expect(try #require(try desk.claim()).inputs == first.inputs)
        #expect(try desk.state(id) == "running")
    }

    @Test func `fault 52: two migrators at once, and history that was edited`() throws {
        let empty = try PrivatePostgres.emptyTestDatabase()
        let all = try Migration.load(Migration.folder())
        let counts = [Thread.Outcome(), Thread.Outcome()]
        for outcome in counts {
            Thread.detachNewThread {
                outcome.end(
                    with: Result { _ = try Migrator(Connection(empty), all).migrate() }
                )
            }
        }
        for outcome in counts { try outcome.wait() }
        let connection = try Connection(empty)
        #expect(try connection.query("SELECT FROM migration.applied").count == all.count)
        #expect(try Migrator(connection, all).migrate().isEmpty)
        let older = Array(all.dropLast())
        #expect(throws: (any Error).self) { try Migrator(connection, older).requireCurrent() }
    }
}
