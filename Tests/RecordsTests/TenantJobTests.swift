import Foundation
import Jobs
import Postgres
import Records
import Testing

/// A job with a tenant's label asks as that tenant.
@Suite(.timeLimit(.minutes(3)))
struct TenantJobTests {
    let tenants: Tenants
    let desk: Desk

    init() throws {
        tenants = try Tenants()
        desk = tenants.desk
    }

    /// A job of `a` that comes after another, so it may name what is not there yet.
    private func chain(
        _ kind: JobKind,
        _ inputs: [String: String],
        after: UUID
    ) throws -> JobRequest {
        let job = try tenants.request(kind, nil, inputs, "a", after: [after])
        _ = try desk.queue.submit(job, inputs: [], source: "test", messageID: UUID().uuidString)
        return job
    }

    private func forget(_ request: String, after: UUID) throws -> JobRequest {
        let inputs = ["original": "student-a", "forget_request": request]
        return try chain(.unlearn, inputs, after: after)
    }

    @Test func `another's request is to a job what no request is`() throws {
        try desk.request("large-b", for: ["circle", "square"], from: "data-b")
        try desk.request("closed-b", from: "data-b", opened: false)
        try desk.request("large-a", for: ["circle", "square"], from: "student-a")
        let first = try Desk.request(.train)
        try desk.submit(first)
        let jobs = try ["large-b", "closed-b", "no-such"].map {
            try forget($0, after: first.id)
        }
        let error = #expect(throws: SpecError.self) { try forget("large-a", after: first.id) }
        #expect(error?.description.contains("commits to more") == true)
        // Nor when its turn has come.
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "first")])
        let said = try jobs.map { try desk.queue.status(of: $0.id)?.failure?.message }
        #expect(
            said == ["large-b", "closed-b", "no-such"].map { "no artifact is known as '\($0)'" }
        )
    }

    @Test func `a request that became another's meanwhile is refused at the seal`() throws {
        try desk.ledger.register(
            Desk.output("late", kind: "dataset", content: "late"),
            from: "late",
            name: "late"
        )
        try desk.request("late-wish", from: "late")
        let inputs = ["original": "student-a", "forget_request": "late-wish"]
        try desk.submit(tenants.request(.unlearn, nil, inputs, "a"))
        let job = try desk.claim(.unlearn)
        try desk.connection.query("SELECT lineage.give('late', 'b')")
        let error = #expect(throws: JobFailure.self) {
            try desk.queue.complete(job, outputs: [Desk.output(content: "x")])
        }
        #expect(error?.message.contains("a request that its tenant does not know") == true)
    }

    /// A name that two had before names had owners means the tenant's own to his jobs.
    @Test func `names and digests mean what the tenant sees`() throws {
        let own = try desk.ledger.resolve("student-a")
        try desk.connection.query(
            """
            INSERT INTO lineage.alias_event (name, artifact)
            SELECT 'student-a', lineage.resolve('student-b')
            """
        )
        let (role, wanted) = ("teacher", "student-a")
        let pinned = try desk.ledger.pin([role: wanted], for: "a")
        #expect(pinned.map(\.artifact) == [own.artifact])
        #expect(try desk.ledger.pin([role: wanted]).map(\.artifact) != [own.artifact])
        // The same bytes by both: to each they are his own.
        let bytes = Desk.output(content: "student-a")
        try desk.submit(tenants.request(.distill, nil, ["teacher": "base"], "b"))
        try desk.queue.complete(desk.claim(.distill), outputs: [bytes])
        let content = try desk.ledger.pin([role: own.content.hex], for: "a")
        #expect(content.map(\.artifact) == [own.artifact])
        let error = #expect(throws: SpecError.self) {
            try desk.ledger.pin([role: own.content.hex])
        }
        #expect(error?.description.contains("more than one artifact") == true)
        // And so when a job that came after another is unblocked.
        let first = try Desk.request(.train)
        try desk.submit(first)
        let next = try chain(.distill, [role: wanted], after: first.id)
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "first")])
        let claimed = try desk.claim(.distill)
        #expect(claimed.claim.job == next.id)
        #expect(claimed.inputs.first { $0.role == role }?.artifact == own.artifact)
    }

    /// A chain may forget what a request asks for.
    @Test func `a job after others may name a request`() throws {
        let first = try Desk.request(.train)
        try desk.submit(first)
        let next = try forget("wish-a", after: first.id)
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "first")])
        #expect(try desk.state(next.id) == "queued")
    }
}
