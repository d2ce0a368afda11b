import Foundation
import Jobs
import Postgres
import Records
import Testing

/// How often what is tried again, and from which snapshot.
@Suite(.timeLimit(.minutes(2)))
struct BudgetFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

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
}
