import Foundation
import Jobs
import Postgres
import Records
import Testing

/// A name stays with the tenant whose artifact has it.
@Suite(.timeLimit(.minutes(3)))
struct NameOwnerTests {
    let tenants: Tenants
    let desk: Desk

    init() throws {
        tenants = try Tenants()
        desk = tenants.desk
    }

    private func holder(_ name: String) throws -> Digest { try desk.ledger.resolve(name).artifact }

    @Test func `nobody takes another's name at intake`() throws {
        let before = try holder("student-a")
        let asked = [
            ("student-a", "b"), ("base", "b"), ("shapes", "b"), ("wish-a", "b"),
            ("student-b", "a"),
        ]
        for (name, tenant) in asked {
            let error = #expect(throws: SpecError.self, "\(name)") {
                try tenants.make(.distill, name, ["teacher": "base"], tenant)
            }
            #expect(error?.description.contains("the name '\(name)' is taken") == true)
        }
        // The operator's job, without a label: what it will have made is everybody's.
        let error = #expect(throws: SpecError.self) { try desk.make(.train, "student-a") }
        #expect(error?.description.contains("is taken") == true)
        #expect(try holder("student-a") == before)
        // His own he may use again, and so may who works on his things for him.
        let own = try tenants.make(.distill, "student-a", ["teacher": "base"], "a")
        #expect(try holder("student-a") == own)
        let more = try desk.make(.distill, "student-a", from: ["teacher": "student-a"])
        #expect(try holder("student-a") == more)
        try desk.make(.train, "base")
    }

    @Test func `nobody takes another's name by an import`() throws {
        func importData(_ content: String, _ name: String?) throws -> Digest {
            let data = Desk.output("data", kind: "dataset", content: content)
            return try desk.ledger.register(data, from: content, name: name)
        }
        let error = #expect(throws: PostgresError.self) { try importData("new", "data-b") }
        #expect(error?.sqlState == "PL056" && error?.message == "the name 'data-b' is taken")
        // A tenant's newer data is given first, then named.
        let newer = try importData("new", nil)
        try desk.connection.query("SELECT lineage.give('\(newer.hex)', 'b')")
        #expect(try importData("new", "data-b") == newer)
        #expect(try holder("data-b") == newer)
        #expect(try importData("new", "data-b") == newer)
    }

    /// A job whose name was free at intake is not lost after hours of work.
    @Test func `a name taken meanwhile is left out at the seal, and that is recorded`() throws {
        let jobs = try ["a", "b"].map { tenant in
            try tenants.request(.distill, "newcomer", ["teacher": "base"], tenant)
        }
        for job in jobs { try desk.submit(job) }
        let made = try jobs.map { job in
            let claimed = try desk.claim(.distill)
            #expect(claimed.claim.job == job.id)
            let outputs = [Desk.output(content: "\(job.id)")]
            return try #require(try desk.queue.complete(claimed, outputs: outputs)["model"])
        }
        #expect(try holder("newcomer") == made[0])
        #expect(try desk.ledger.resolve(made[1].hex).name == nil)
        #expect(try desk.state(jobs[1].id) == "succeeded")
        let ends = try jobs.map { try desk.queue.history(of: $0.id).last?.detail }
        #expect(ends[0] == nil)
        #expect(ends[1] == "the name 'newcomer' is taken, so what the job made has none")
    }

    /// One of two seals waits for the other, and then sees whose the name is.
    @Test func `two who seal at once do not both get a new name`() throws {
        for tenant in ["a", "b"] {
            try desk.submit(tenants.request(.distill, "twin", ["teacher": "base"], tenant))
        }
        let second = try Desk(desk.conninfo)
        let (mine, other) = (try desk.claim(.distill), try desk.claim(.distill))
        try desk.connection.query("BEGIN")
        let first = try desk.queue.complete(mine, outputs: [Desk.output(content: "1")])
        try second.connection.query("SET lock_timeout = '200ms'")
        let waits = #expect(throws: PostgresError.self) {
            try second.queue.complete(other, outputs: [Desk.output(content: "2")])
        }
        #expect(waits?.sqlState == "55P03")
        try desk.connection.query("COMMIT")
        try second.queue.complete(other, outputs: [Desk.output(content: "2")])
        #expect(try holder("twin") == first["model"])
    }
}
