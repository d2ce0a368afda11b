import Foundation
import Jobs
import Records
import Testing

/// Attempts that ran out of memory, and losses that are no number.
@Suite(.timeLimit(.minutes(2)))
struct MemoryFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

    @Test func `resource: one more attempt, in smaller pieces and later, then no more`() throws {
        let id = try desk.add()
        let first = try #require(try desk.claim())
        #expect(first.pieces == 1)
        let memory = JobFailure(.resource, "out of memory")
        #expect(try desk.queue.fail(first.claim, memory, jitter: 0) == "retry_wait")
        let second = try #require(try desk.claim())
        #expect(second.pieces == 4 && second.attempt == 2)
        #expect(second.assignment(store: "s", threads: 1).pieces == 4)
        #expect(try desk.queue.fail(second.claim, memory, jitter: 0) == "failed")
        #expect(try desk.state(id) == "failed")
    }

    /// The longest wait before the second attempt: 5 s · 2 and 30 s · 2.
    @Test func `resource: its wait is six times a transient one's`() throws {
        let wait = { (reason: JobFailure.Class) -> Int in
            let id = try desk.add()
            let job = try #require(try desk.claim())
            try desk.queue.fail(job.claim, JobFailure(reason, "x"), jitter: 1)
            return try desk.number(
                "SELECT round(extract(epoch FROM not_before - clock_timestamp())) FROM queue.job "
                    + "WHERE id = '\(id)'"
            )
        }
        #expect(try [wait(.transient), wait(.resource)] == [10, 60])
    }

    @Test func `resource: a transient error afterwards keeps the pieces`() throws {
        _ = try desk.add()
        for reason in [JobFailure.Class.resource, .transient] {
            let job = try #require(try desk.claim())
            try desk.queue.fail(job.claim, JobFailure(reason, "x"), jitter: 0)
        }
        #expect(try desk.claim()?.pieces == 4)
    }

    @Test func `diverged: without a snapshot the second attempt begins anew, and is the last`()
        throws
    {
        _ = try desk.add()
        let nan = JobFailure(.diverged, "loss is nan")
        let first = try #require(try desk.claim())
        #expect(try desk.queue.fail(first.claim, nan) == "retry_wait")
        let second = try #require(try desk.claim())
        #expect(second.snapshots.isEmpty && second.pieces == 1)
        #expect(try desk.queue.fail(second.claim, nan) == "failed")
    }
}
