import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Testing

/// Messages, jobs and names that come twice, too late or with something else in them.
@Suite(.timeLimit(.minutes(2)))
struct JobFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

    @Test func `fault 6: one message three times, or one job in two messages, is one job`() throws {
        let request = try FaultDesk.request()
        let answers = try ["m", "m", "m", "n"].map { try desk.submit(request, message: $0) }
        #expect(answers == [.accepted, .duplicate, .duplicate, .duplicate])
        #expect(try desk.number("SELECT count(*) FROM queue.job") == 1)
    }

    @Test func `fault 7: one id for two jobs is a conflict that leaves the first alone`() throws {
        let id = try desk.add()
        let other = try FaultDesk.request(["name": .string("other")], id: id)
        #expect(try desk.submit(other) == .conflict)
        #expect(try desk.queue.status(of: id)?.name == nil)
    }

    @Test func `fault 7: one idempotency key for two jobs is one job, or a conflict`() throws {
        let key = ["idempotency_key": JSON.string("nightly")]
        #expect(try desk.submit(FaultDesk.request(key)) == .accepted)
        #expect(try desk.submit(FaultDesk.request(key)) == .duplicate)
        let other = key.merging(["name": .string("other")]) { $1 }
        #expect(try desk.submit(FaultDesk.request(other)) == .conflict)
        #expect(try desk.number("SELECT count(*) FROM queue.job") == 1)
    }

    @Test func `fault 40: a declared output that is missing, or one too many, is refused`() throws {
        let declared = JSON.array([
            .object(["name": .string("model"), "kind": .string("checkpoint")])
        ])
        let id = try desk.add(["outputs": declared])
        let job = try #require(try desk.claim())
        for outputs in [
            [FaultDesk.output("other")], [FaultDesk.output(), FaultDesk.output("more")],
            [FaultDesk.output("model"), FaultDesk.output("r", kind: "report")],
        ] {
            #expect(throws: JobFailure.self) { try desk.queue.complete(job, outputs: outputs) }
        }
        #expect(try desk.number("SELECT count(*) FROM lineage.run") == 0)
        try desk.queue.complete(job, outputs: [FaultDesk.output()])
        #expect(try desk.state(id) == "succeeded")
    }

    @Test func `fault 42: a person's retry is a new job, once, and only where one is needed`()
        throws
    {
        let id = try desk.add(["idempotency_key": .string("k")])
        let first = try #require(try desk.claim())
        #expect(try desk.queue.retry(id).job == id)
        try desk.queue.fail(first.claim, JobFailure(.permanent, "no"))
        let again = try desk.queue.retry(id)
        #expect(again.isNew && again.job != id)
        #expect(try desk.queue.retry(id).job == again.job)
        #expect(try desk.queue.status(of: again.job)?.retryOf == id)
        #expect(try desk.state(id) == "failed")
        let second = try #require(try desk.claim())
        #expect(second.claim.job == again.job && second.inputs == first.inputs)
        try desk.queue.complete(second, outputs: [FaultDesk.output()])
        #expect(try !desk.queue.retry(again.job).isNew)
        #expect(try desk.queue.retry(id).job == again.job)
    }

    @Test func `fault 48: a terminal state stays, for a worker and for the owner`() throws {
        let id = try desk.add()
        try desk.queue.complete(#require(try desk.claim()), outputs: [FaultDesk.output()])
        for state in ["queued", "running", "failed", "cancelled", "blocked", "retry_wait"] {
            let error = #expect(throws: PostgresError.self) {
                try desk.connection.query("UPDATE queue.job SET state = '\(state)'")
            }
            #expect(error?.sqlState == "PL021")
        }
        try desk.connection.query("SET ROLE palimpsest_worker")
        let error = #expect(throws: PostgresError.self) {
            try desk.connection.query("UPDATE queue.job SET state = 'queued'")
        }
        #expect(error?.sqlState == "42501")
        try desk.connection.query("RESET ROLE")
        #expect(try desk.state(id) == "succeeded")
    }

    @Test func `fault 49: SQL in every text stays text`() throws {
        let evil = "'); DROP TABLE queue.job; --\n{\"level\":\"forged\"}"
        let id = try desk.add([
            "labels": .object([evil: .string(evil)]), "idempotency_key": .string(evil),
        ])
        let job = try #require(try desk.claim())
        try desk.queue.fail(job.claim, JobFailure(.permanent, evil))
        #expect(try desk.failure(id)?.message == evil)
        let labels = try desk.connection.query(
            "SELECT labels->>$1 AS l FROM queue.job_status",
            [.text(evil)]
        )
        #expect(try labels.first?.text("l") == evil)
    }

    @Test func `fault 51: a name that moves between attempts changes nothing`() throws {
        let id = try desk.add()
        let first = try #require(try desk.claim())
        try desk.register("shapes", "other shapes")
        try desk.queue.release(first.claim)
        #expect(try #require(try desk.claim()).inputs == first.inputs)
        #expect(try desk.state(id) == "running")
    }

    @Test func `fault 52: two migrators at once, and history that was edited`() throws {
        let empty = try PrivatePostgres.emptyTestDatabase()
        let all = try Migration.load(Migration.folder())
        let counts = [Thread.Outcome(), Thread.Outcome()]
        for outcome in counts {
            Thread.detachNewThread {
                outcome.end(
                    with: Result { _ = try Migrator(Connection(empty), all).migrate() }
                )
            }
        }
        for outcome in counts { try outcome.wait() }
        let connection = try Connection(empty)
        #expect(try connection.query("SELECT FROM migration.applied").count == all.count)
        #expect(try Migrator(connection, all).migrate().isEmpty)
        let older = Array(all.dropLast())
        #expect(throws: (any Error).self) { try Migrator(connection, older).requireCurrent() }
    }
}
