import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What OpenLineage is told of a run between its start and its end.
@Suite(.timeLimit(.minutes(2)))
struct RunningEventTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func told() throws -> [Told] { try Told.all(desk.outbox) }

    private func lines() throws -> [String] { try told().map(\.line) }

    private func claimed() throws -> ClaimedJob {
        try desk.submit(Desk.request(.train, spec: ["work": .object(["steps": .int(7)])]))
        return try desk.claim()
    }

    /// A minute has 60 s: at 59 s nothing is due, whoever asks and however often.
    @Test func `a run says once a minute that it is at work`() throws {
        let job = try claimed()
        for seconds in [0, 59.0, 1.5, 58, 2, 0] {
            try desk.pass(seconds: seconds)
            // Each time from another connection, as after a restart.
            let queue = JobQueue(try Connection(desk.conninfo))
            for _ in 0..<3 { #expect(try queue.renew(job.claim, lease: 60) == .go) }
        }
        try desk.queue.complete(job, outputs: [Desk.output(content: "x")])
        let told = try told()
        try #require(told.map(\.line) == ["START", "RUNNING", "RUNNING", "COMPLETE"])
        #expect(Set(told.map(\.run)).count == 1 && told.allSatisfy { $0.message.key == $0.run })
        let ids = told.map { $0.message.headers["ce_id"] ?? "" }
        let parts = ids.map { $0.replacing("openlineage/\(told[0].run)", with: "") }
        #expect(parts == ["/start", "/running/1", "/running/2", ""])
        for event in told { #expect(event.facets?["parent"] == told[0].facets?["parent"]) }
    }

    @Test func `it says how far the run is, where the queue knows`() throws {
        let job = try claimed()
        func progress() throws -> [JSON?] {
            try desk.pass(seconds: 60)
            try desk.queue.renew(job.claim, lease: 60)
            let facet = try told().last?.facets?["palimpsest_progress"]
            return [facet?["step"], facet?["totalSteps"]]
        }
        #expect(try progress() == [.int(0), .int(7)])
        try desk.queue.progress(job.claim, step: 3, total: 8, values: ["loss": 1])
        #expect(try progress() == [.int(3), .int(8)])
        try desk.connection.query("UPDATE queue.job SET total_steps = NULL")
        #expect(try progress() == [.int(3), nil])
        try desk.connection.query("UPDATE queue.job SET step = 0")
        #expect(try progress() == [nil, nil])
        #expect(try lines() == ["START"] + Array(repeating: "RUNNING", count: 4))
    }

    @Test func `after its end, or when that was asked for, a run says it no more`() throws {
        let ends: [(Claim) throws -> Void] = [
            { try desk.queue.fail($0, JobFailure(.permanent, "no")) },
            { try desk.queue.release($0) },
        ]
        for end in ends {
            let job = try claimed()
            try end(job.claim)
            try desk.pass(seconds: 120)
            #expect(throws: Fenced.self) { try desk.queue.renew(job.claim, lease: 60) }
        }
        #expect(try lines() == ["START", "FAIL permanent for good", "START", "ABORT released"])
        let job = try desk.claim()
        _ = try desk.queue.cancel(job.claim.job)
        try desk.pass(seconds: 120)
        #expect(try desk.queue.renew(job.claim, lease: 60) == .cancel)
        try desk.queue.cancelled(job.claim)
        #expect(try lines().suffix(2) == ["START", "ABORT cancelled for good"])
    }

    @Test func `the next attempt is another run, with minutes of its own`() throws {
        let first = try claimed()
        try desk.pass(seconds: 300)
        try desk.queue.renew(first.claim, lease: 60)
        try desk.queue.release(first.claim)
        try desk.pass(seconds: 120)
        let second = try desk.claim()
        try desk.queue.renew(second.claim, lease: 60)
        #expect(try lines() == ["START", "RUNNING", "ABORT released", "START"])
        try desk.pass(seconds: 60)
        try desk.queue.renew(second.claim, lease: 60)
        let told = try told()
        try #require(told.count == 5 && told[4].line == "RUNNING")
        #expect(told[4].run == told[3].run && told[4].run != told[1].run)
        #expect(told[1].message.headers["ce_id"]?.hasSuffix("/running/5") == true)
    }

    @Test func `a gang has one voice, however many ranks`() throws {
        let offer = JobOptions.Resources(worldSize: 64)
        let body: JSON = [
            "spec": ["method": "classifier"], "inputs": ["dataset": "shapes"],
            "resources": .object(["world_size": .int(3)]),
        ]
        try desk.submit(JobRequest(body, kind: .train, fallbackID: UUID()))
        let owners = (0..<3).map { _ in UUID() }
        let claim = try desk.queue.claim([.train], owner: owners[0], lease: 60, offer: offer)
        var ranks = [try #require(claim)]
        try desk.queue.openGang(ranks[0].claim, endpoint: "h:1", lease: 60)
        for owner in owners.dropFirst() {
            let rank = try desk.queue.joinGang(
                [.train],
                owner: owner,
                lease: 60,
                offer: offer,
                host: "h"
            )
            ranks.append(try #require(rank))
        }
        try desk.pass(seconds: 90)
        for (rank, owner) in zip(ranks, owners).reversed() {
            #expect(try desk.queue.renewGang(rank, owner: owner, lease: 60) == .go)
        }
        #expect(try lines() == ["START"])
        for _ in 0..<3 { try desk.queue.renew(ranks[0].claim, lease: 60) }
        #expect(try lines() == ["START", "RUNNING"])
    }

    @Test func `it leaves after the start, before the end, and with the same bytes again`() throws {
        let job = try claimed()
        try desk.pass(seconds: 60)
        try desk.queue.renew(job.claim, lease: 60)
        try desk.queue.fail(job.claim, JobFailure(.permanent, "no"))
        let (first, second) = (try told().map(\.message), try told().map(\.message))
        #expect(first.map(\.value) == second.map(\.value))
        #expect(first.map(\.headers) == second.map(\.headers))
        var left: [String] = []
        while let next = try desk.outbox.take(limit: 1, lease: 60).first {
            let waits = try desk.outbox.take(lease: 60).filter { $0.key == next.key }
            #expect(waits.isEmpty)
            if next.topic == Topics.lineage {
                left.append(try JSON(parsing: next.value ?? Data())["eventType"]?.string ?? "")
            }
            try desk.connection.query("UPDATE queue.outbox SET taken_until = NULL")
            try desk.outbox.done([next])
        }
        #expect(left == ["START", "RUNNING", "FAIL"])
    }
}
