import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct FencingTests {
    /// Every call that a claim is needed for.
    enum Call: CaseIterable {
        case renew, progress, snapshot, release, failForGood, failForNow, cancelled, complete

        func make(_ queue: JobQueue, _ job: ClaimedJob) throws {
            let content = Digest(of: Data("zombie".utf8))
            switch self {
            case .renew: _ = try queue.renew(job.claim, lease: 60)
            case .progress: try queue.progress(job.claim, step: 9, total: 10, values: ["loss": 1])
            case .snapshot:
                try queue.snapshot(job.claim, .init(step: 9, content: content), bytes: 1)
            case .release: try queue.release(job.claim)
            case .failForGood: try queue.fail(job.claim, JobFailure(.invalid, "no"))
            case .failForNow: try queue.fail(job.claim, JobFailure(.transient, "no"))
            case .cancelled: try queue.cancelled(job.claim)
            case .complete: try queue.complete(job, outputs: [Desk.output(content: "zombie")])
            }
        }
    }

    let desk: Desk

    init() throws { desk = try Desk() }

    /// Requires that `call` is refused and that no table but the dataset's has grown.
    private func expectFenced(_ call: Call, _ job: ClaimedJob) throws {
        let tables = [
            "queue.job_transition", "queue.outbox", "queue.snapshot", "queue.curve",
            "lineage.run", "lineage.artifact", "lineage.edge", "lineage.metric",
        ]
        let before = try tables.map { try desk.count($0) }
        #expect(throws: Fenced.self, "\(call)") { try call.make(desk.queue, job) }
        #expect(try tables.map { try desk.count($0) } == before, "\(call)")
    }

    @Test func `a claim that was taken over can write nothing`() throws {
        for call in Call.allCases {
            try desk.submit(Desk.request(.train))
            let zombie = try desk.claim(lease: 0.001)
            Thread.sleep(forTimeInterval: 0.01)
            #expect(try desk.queue.reap() == 1)
            let heir = try desk.claim()
            #expect(heir.claim == Claim(job: zombie.claim.job, epoch: 2))
            try expectFenced(call, zombie)
            #expect(try desk.state(heir.claim.job) == "running")
        }
    }

    @Test func `a claim whose lease ran out can write nothing, reaped or not`() throws {
        for call in Call.allCases {
            try desk.submit(Desk.request(.train))
            let late = try desk.claim(lease: 0.001)
            Thread.sleep(forTimeInterval: 0.01)
            try expectFenced(call, late)
        }
    }

    @Test func `after success the same claim can write nothing`() throws {
        for call in Call.allCases {
            try desk.submit(Desk.request(.train))
            let job = try desk.claim()
            try desk.queue.complete(job, outputs: [Desk.output(content: "done")])
            try expectFenced(call, job)
            #expect(try desk.state(job.claim.job) == "succeeded")
        }
    }

    @Test func `a claim that was given back can write nothing`() throws {
        try desk.submit(Desk.request(.train))
        let job = try desk.claim()
        try desk.queue.release(job.claim)
        for call in Call.allCases { try expectFenced(call, job) }
    }

    @Test func `a job that never was fences too`() {
        let claim = Claim(job: UUID(), epoch: 1)
        let error = #expect(throws: Fenced.self) { try desk.queue.renew(claim, lease: 1) }
        #expect(error?.description.contains("there is no such job") == true)
    }

    /// The reaper and the renewal of the same lease race; whoever wins, the job is in one hand.
    @Test func `a renewal and a reaper never both win`() async throws {
        for _ in 0..<20 { try desk.submit(Desk.request(.train)) }
        let conninfo = desk.conninfo
        for _ in 0..<20 {
            let job = try desk.claim(lease: 0.004)
            let claim = job.claim
            async let renewed = Session(conninfo).use { connection in
                Thread.sleep(forTimeInterval: 0.003)
                return (try? JobQueue(connection).renew(claim, lease: 60)) != nil
            }
            async let reaped = Session(conninfo).use { connection in
                Thread.sleep(forTimeInterval: 0.003)
                return try JobQueue(connection).reap() == 1
            }
            let (kept, lost) = try await (renewed, reaped)
            #expect(!(kept && lost))
            let state = try desk.state(claim.job)
            #expect(lost ? ["queued", "failed"].contains(state) : state == "running")
            // Whoever lost, nobody may hold the job into the next round.
            if kept { try desk.queue.release(claim) }
            while try desk.state(claim.job) == "running" { try desk.queue.reap() }
        }
    }
}
