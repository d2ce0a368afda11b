import Foundation
import Jobs
import Records
import Testing

/// Cancelling, and deadlines, in every state.
@Suite(.timeLimit(.minutes(2)))
struct CancelFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

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

    /// Times that a message may have are times that Postgres can add.
    @Test func `fault 35: the longest times are held to`() throws {
        let last = JSON.string("9999-12-31T23:59:59Z")
        _ = try desk.add(["max_runtime": .double(1e9), "deadline": last])
        let job = try #require(try desk.claim())
        #expect(try desk.queue.renew(job.claim, lease: 60) == .go)
    }
}
