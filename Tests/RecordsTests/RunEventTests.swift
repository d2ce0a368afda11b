import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What OpenLineage is told of attempts, from their start to their end.
@Suite(.timeLimit(.minutes(2)))
struct RunEventTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func told() throws -> [Told] { try Told.all(desk.outbox) }

    private func lines() throws -> [String] { try told().map(\.line) }

    private func claimed(lease: Double = 60) throws -> ClaimedJob {
        try desk.submit(Desk.request(.train))
        return try desk.claim(lease: lease)
    }

    @Test func `a sealed run has started, under the id that the ledger knows`() throws {
        try desk.make(.train, "teacher")
        let told = try told()
        try #require(told.map(\.line) == ["START", "COMPLETE"])
        let known = try desk.connection.query("SELECT run_id FROM lineage.run").first
        #expect(Set(told.map(\.run)) == [try #require(known).text("run_id")])
        #expect(told.allSatisfy { $0.message.key == $0.run })
        #expect(Set(told.map { $0.message.headers["ce_id"] }).count == 2)
        #expect(told[0].event["outputs"] == nil && told[0].event["inputs"] != nil)
        for facet in ["parent", "palimpsest_run"] {
            #expect(told[0].facets?[facet] != nil)
            #expect(told[0].facets?[facet] == told[1].facets?[facet])
        }
        let (start, end) = (told[0].event["eventTime"]?.string, told[1].event["eventTime"]?.string)
        #expect(try #require(start) < #require(end))
    }

    @Test(arguments: [
        (JobFailure.Class.invalid, "FAIL invalid for good"),
        (.permanent, "FAIL permanent for good"), (.transient, "FAIL transient"),
        (.resource, "FAIL resource"), (.diverged, "FAIL diverged"),
        (.lost, "ABORT lost"), (.deadline, "ABORT deadline for good"),
    ])
    func `an attempt that fails tells the class and no user's words`(
        reason: JobFailure.Class,
        line: String
    ) throws {
        try desk.queue.fail(claimed().claim, JobFailure(reason, "Ann Smith's face"))
        let told = try told()
        try #require(told.map(\.line) == ["START", line])
        #expect(told[0].run == told[1].run)
        #expect(told[1].facets?["errorMessage"]?["message"] == .string(reason.rawValue))
        #expect(told.allSatisfy { !"\($0.event) \($0.message.headers)".contains("Ann") })
    }

    @Test func `each attempt is a run of its own, and the job is their parent`() throws {
        let request = try Desk.request(.train)
        try desk.submit(request)
        try desk.queue.fail(desk.claim().claim, JobFailure(.transient, "disk"))
        try desk.queue.release(desk.claim().claim)
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "x")])
        let told = try told()
        try #require(
            told.map(\.line) == [
                "START", "FAIL transient", "START", "ABORT released", "START", "COMPLETE",
            ]
        )
        #expect(told[3].facets?["errorMessage"] == nil)
        for pair in 0..<3 { #expect(told[2 * pair].run == told[2 * pair + 1].run) }
        #expect(Set(told.map(\.run)).count == 3)
        let parents = told.map { $0.facets?["parent"]?["run"]?["runId"]?.string }
        #expect(Set(parents) == [request.id.uuidString.lowercased()])
    }

    @Test func `an attempt whose worker is gone is aborted; the next is another run`() throws {
        let lost = try claimed(lease: 0.05)
        Thread.sleep(forTimeInterval: 0.06)
        try desk.queue.reap()
        #expect(throws: Fenced.self) { try desk.queue.release(lost.claim) }
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "x")])
        let told = try told()
        try #require(told.map(\.line) == ["START", "ABORT lost", "START", "COMPLETE"])
        #expect(told[1].run == told[0].run && told[2].run != told[0].run)
    }

    @Test(arguments: [
        ("max_losses = 5", "ABORT lost"), ("max_losses = 1", "ABORT lost for good"),
        ("deadline = clock_timestamp()", "ABORT deadline for good"),
    ])
    func `what is taken from a worker is aborted`(limit: String, line: String) throws {
        _ = try claimed(lease: 0.05)
        try desk.connection.query("UPDATE queue.job SET \(limit)")
        Thread.sleep(forTimeInterval: 0.06)
        try desk.queue.reap()
        #expect(try lines() == ["START", line])
    }

    @Test func `a cancelled attempt is aborted, whoever ends it`() throws {
        let job = try claimed()
        #expect(try desk.queue.cancel(job.claim.job) == .requested)
        #expect(try lines() == ["START"])
        try desk.queue.cancelled(job.claim)
        #expect(try lines() == ["START", "ABORT cancelled for good"])
        let deaf = try claimed(lease: 0.05)
        _ = try desk.queue.cancel(deaf.claim.job)
        Thread.sleep(forTimeInterval: 0.06)
        try desk.queue.reap()
        #expect(try lines().suffix(2) == ["START", "ABORT cancelled for good"])
    }

    @Test func `what ends while nobody works on it is no run`() throws {
        let (waiting, retried) = (try Desk.request(.train), try Desk.request(.train))
        try desk.submit(waiting)
        #expect(try desk.queue.cancel(waiting.id) == .cancelled)
        #expect(try lines() == [])
        try desk.submit(retried)
        try desk.queue.fail(desk.claim().claim, JobFailure(.transient, "disk"))
        #expect(try desk.queue.cancel(retried.id) == .cancelled)
        #expect(try lines() == ["START", "FAIL transient"])
    }

    @Test func `a run's end waits for its start to be sent`() throws {
        try desk.make(.train, "teacher")
        let others = try desk.outbox.take(limit: 2, lease: 60)
        let start = try desk.outbox.take(limit: 1, lease: 60)
        #expect(start.map { $0.headers["ce_id"]?.hasSuffix("/start") } == [true])
        #expect(try desk.outbox.take().filter { $0.topic == Topics.lineage }.isEmpty)
        try desk.outbox.done(others + start)
        #expect(try lines() == ["COMPLETE"])
    }

    @Test func `an event that is sent again has the same bytes`() throws {
        try desk.queue.fail(claimed().claim, JobFailure(.permanent, "no"))
        let (first, second) = (try told(), try told())
        #expect(first.count == 2)
        #expect(first.map(\.message.value) == second.map(\.message.value))
        #expect(first.map(\.message.headers) == second.map(\.message.headers))
    }
}
