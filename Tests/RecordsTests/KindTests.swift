import Foundation
import Jobs
import Postgres
import Records
import Testing

/// A worker of one kind does nothing of another.
@Suite(.timeLimit(.minutes(2)))
struct KindTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Runs `body` as a worker that trains.
    private func trainer<Result>(_ body: () throws -> Result) throws -> Result {
        try desk.connection.query("SET ROLE palimpsest_worker_train")
        defer { _ = try? desk.connection.query("RESET ROLE") }
        return try body()
    }

    private func expectRefused(_ what: String, _ body: () throws -> Void) throws {
        let error = try trainer { #expect(throws: PostgresError.self, "\(what)") { try body() } }
        #expect(error?.sqlState == "42501", "\(what): \(String(describing: error))")
        #expect(error?.message.contains("does no work of kind 'unlearn'") == true, "\(what)")
    }

    /// A job to unlearn, of `size` workers, that one of its own kind holds.
    private func held(size: Int? = nil) throws -> ClaimedJob {
        try desk.make(.train, "teacher")
        var request = try Desk.request(.unlearn, inputs: ["original": "teacher"])
        request.options.resources.worldSize = size
        try desk.submit(request)
        let offer = JobOptions.Resources(worldSize: size)
        let job = try desk.queue.claim([.unlearn], owner: UUID(), lease: 60, offer: offer)
        return try #require(job)
    }

    @Test func `what another kind's worker holds is not touched`() throws {
        let job = try held()
        for call in FencingTests.Call.allCases {
            try expectRefused("\(call)") { try call.make(desk.queue, job) }
        }
        let planted = SnapshotReference(step: 1, content: Digest(of: Data("planted".utf8)))
        try expectRefused("discard") {
            try desk.queue.discard(job.claim, planted, because: "x", resumed: 0)
        }
        #expect(try desk.state(job.claim.job) == "running")
        #expect(try desk.count("queue.snapshot") == 0)
    }

    @Test func `another kind's job is not claimed, and its worker is not played`() throws {
        try desk.make(.train, "teacher")
        let request = try Desk.request(.unlearn, inputs: ["original": "teacher"])
        try desk.submit(request)
        try desk.submit(Desk.request(.train))
        // Not even where the worker's own kind is asked for too, and first.
        for kinds in [[JobKind.unlearn], [.train, .unlearn]] {
            try expectRefused("claim") {
                _ = try desk.queue.claim(kinds, owner: UUID(), lease: 60)
            }
        }
        #expect(try desk.state(request.id) == "queued")
        try expectRefused("enlist") { try desk.queue.enlist(UUID(), .unlearn, offer: .init()) }
        #expect(try desk.count("queue.worker") == 0)
        let own = try trainer { try desk.claim() }
        try trainer { try desk.queue.release(own.claim) }
    }

    @Test func `another kind's gang is not joined, renewed, left or listened to`() throws {
        let job = try held(size: 2)
        try desk.queue.openGang(job.claim, endpoint: "here:1", lease: 60)
        let two = JobOptions.Resources(worldSize: 2)
        try expectRefused("join") {
            _ = try desk.queue.joinGang(
                [.unlearn],
                owner: UUID(),
                lease: 60,
                offer: two,
                host: "there"
            )
        }
        let owner = UUID()
        let rank = try #require(
            try desk.queue.joinGang([.unlearn], owner: owner, lease: 60, offer: two, host: "x")
        )
        try expectRefused("renew") {
            _ = try desk.queue.renewGang(rank, owner: owner, lease: 60)
        }
        try expectRefused("leave") { try desk.queue.leaveGang(rank, owner: owner, as: "released") }
        try expectRefused("place") { _ = try desk.queue.gangPlace(job.claim) }
        try expectRefused("failure") { _ = try desk.queue.gangFailure(job.claim) }
        try expectRefused("dissolve") { try desk.queue.dissolveGang(job.claim, jitter: 0) }
        #expect(try desk.queue.gangPlace(job.claim)?.endpoint == "here:1")
        #expect(try desk.queue.renewGang(rank, owner: owner, lease: 60) == .go)
    }

    /// Whoever comes by reaps: nobody holds what was lost.
    @Test func `a lost job of another kind is still given back`() throws {
        let job = try held()
        try desk.connection.query(
            "UPDATE queue.job SET lease_expires_at = clock_timestamp() WHERE id = $1::uuid",
            [.uuid(job.claim.job)]
        )
        #expect(try trainer { try desk.queue.reap() } == 1)
        #expect(try desk.state(job.claim.job) == "queued")
    }
}
