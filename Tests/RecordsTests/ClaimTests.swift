import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ClaimTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func `jobs are claimed by priority, then in the order they came`() throws {
        for (name, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", 9)] {
            try desk.submit(Desk.request(.train, name: name, priority: priority))
        }
        let order = try (0..<5).map { _ in try desk.claim().name }
        #expect(order == ["e", "b", "d", "a", "c"])
        #expect(try desk.queue.claim([.train], owner: UUID(), lease: 60) == nil)
    }

    @Test func `a worker gets jobs of its kinds only`() throws {
        try desk.submit(Desk.request(.train))
        let others: [JobKind] = [.distill, .unlearn, .evaluate]
        #expect(try desk.queue.claim(others, owner: UUID(), lease: 60) == nil)
        #expect(try desk.queue.claim([.train, .distill], owner: UUID(), lease: 60) != nil)
    }

    @Test func `a claimed job is what was asked for`() throws {
        let request = try Desk.request(.train, name: "teacher", attempts: 5)
        try desk.submit(request)
        let job = try desk.claim()
        #expect(job.claim == Claim(job: request.id, epoch: 1))
        #expect(job.attempt == 1)
        #expect(job.maxAttempts == 5)
        #expect(try job.spec == request.spec.json)
        #expect(job.inputs.map(\.artifact) == [desk.dataset])
        #expect(job.totalSteps == request.spec.steps)
        #expect(job.snapshot == nil)
        let assignment = job.assignment(store: "file:///s", threads: 1)
        #expect(assignment.job == request.id)
        #expect(try JobSpec(.train, assignment.spec) == request.spec)
    }

    @Test func `the next attempt goes on from the newest snapshot`() throws {
        try desk.submit(Desk.request(.train))
        let first = try desk.claim()
        let contents = ["10", "20"].map { Digest(of: Data($0.utf8)) }
        for (step, content) in zip([10, 20], contents) {
            let snapshot = SnapshotReference(step: step, content: content)
            try desk.queue.snapshot(first.claim, snapshot, bytes: 1)
            try desk.queue.snapshot(first.claim, snapshot, bytes: 1)
        }
        try desk.queue.progress(first.claim, step: 25, total: nil)
        try desk.queue.release(first.claim)
        let second = try desk.claim()
        #expect(second.claim.epoch == 2)
        #expect(second.snapshot == SnapshotReference(step: 20, content: contents[1]))
        #expect(try desk.queue.status(of: second.claim.job)?.step == 20)
    }

    @Test func `eight workers share 400 jobs, each claimed once in epoch 1`() async throws {
        for _ in 0..<400 { try desk.submit(Desk.request(.train)) }
        let conninfo = desk.conninfo
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await Session(conninfo).use { connection in
                        var mine: [Claim] = []
                        let (queue, owner) = (JobQueue(connection), UUID())
                        while let job = try queue.claim([.train], owner: owner, lease: 60) {
                            mine.append(job.claim)
                        }
                        return mine
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 400)
        #expect(Set(claims.map(\.job)).count == 400)
        #expect(claims.allSatisfy { $0.epoch == 1 })
    }
}
