import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Testing

/// The events of tiny jobs, member by member, and those of runs that an update of the schema meets.
@Suite(.timeLimit(.minutes(2)))
struct RunEventFormTests {
    private func request(_ number: Int, name: String? = nil) throws -> JobRequest {
        let id = UUID(uuidString: "00000000-0000-4000-8000-00000000000\(number)")
        return try Desk.request(.train, id: try #require(id), name: name)
    }

    private func seal(_ desk: Desk) throws {
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "model")])
    }

    /// One job of each ending, by a worker that is known; the first has a name and says a minute
    /// later that it runs.
    private func endInEachWay(_ desk: Desk) throws {
        let owner = try desk.enlisted()
        try desk.submit(request(1, name: "first"))
        let job = try desk.claim(owner: owner)
        try desk.queue.progress(job.claim, step: 3, total: 7)
        try desk.pass(seconds: 60)
        try desk.queue.renew(job.claim, lease: 60)
        try desk.queue.complete(job, outputs: [Desk.output(content: "model")])
        try desk.submit(request(2))
        try desk.queue.fail(desk.claim(owner: owner).claim, JobFailure(.permanent, "no"))
        try desk.submit(request(3))
        try desk.queue.release(desk.claim(owner: owner).claim)
    }

    /// `event` with words for its time and for the digest of what was asked.
    private func form(_ told: Told, _ desk: Desk) throws -> String {
        let sql = "SELECT encode(spec_digest, 'hex') AS spec FROM queue.job"
        let event = String(decoding: told.event.canonical, as: UTF8.self)
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/, with: "TIME")
        return try desk.connection.query(sql).map { try $0.text("spec") }
            .reduce(event) { $0.replacing($1, with: "SPEC") }
    }

    @Test func `each type of event is what the fixture says`() throws {
        let desk = try Desk()
        try endInEachWay(desk)
        let told = try Told.all(desk.outbox).map { try form($0, desk) }
        let fixture = Story.fixtures.appending(path: "run-events.json")
        let expected = try JSON(parsing: Data(contentsOf: fixture))
        guard case .array(let events) = expected else { throw PostgresError("no list of events") }
        let texts = events.map { String(decoding: $0.canonical, as: UTF8.self) }
        // Those of START differ by the job alone.
        try #require(told.count == 7 && texts.count == 5)
        #expect([told[0], told[1], told[2], told[4], told[6]] == texts)
    }

    @Test func `an artifact in two roles is one input`() throws {
        let desk = try Desk()
        try desk.make(.train, "judge")
        let inputs = ["subject": "judge", "classifier": "judge"]
        try desk.submit(Desk.request(.evaluate, inputs: inputs))
        _ = try desk.claim(.evaluate)
        let event = try #require(try Told.all(desk.outbox).last).event
        guard case .array(let told)? = event["inputs"] else { throw PostgresError("no inputs") }
        let judge = JSON.string(try desk.ledger.resolve("judge").artifact.hex)
        let roles = told.filter { $0["name"] == judge }
            .map { $0["inputFacets"]?["palimpsest_input"]?["roles"] }
        #expect(roles == [.array([.string("classifier"), .string("subject")])])
    }

    /// The schema before events of starts, with one run sealed and one under way.
    @Test func `an update keeps sealed runs' ids and starts what is under way`() throws {
        let all = try Migration.load(Migration.folder())
        let conninfo = try PrivatePostgres.emptyTestDatabase()
        let connection = try Connection(conninfo)
        try Migrator(connection, all.filter { $0.version < 70 }).migrate()
        let desk = try Desk(conninfo)
        try desk.submit(request(1))
        try seal(desk)
        try desk.submit(request(2))
        let running = try desk.claim()
        let before = try Told.all(desk.outbox)
        try #require(before.map(\.line) == ["COMPLETE"])
        try Migrator(connection, all).migrate()
        try desk.queue.complete(running, outputs: [Desk.output(content: "other")])
        let told = try Told.all(desk.outbox)
        try #require(told.map(\.line) == ["COMPLETE", "START", "COMPLETE"])
        #expect(told[1].run == told[2].run)
        let known = try connection.query("SELECT run_id FROM lineage.run ORDER BY seq")
        #expect(try known.map { try $0.text("run_id") } == [before[0].run, told[2].run])
    }

    /// The schema before RUNNING, with a run sealed and one two minutes old.
    @Test func `an update has what is under way say so, and lets what was sealed stand`() throws {
        let all = try Migration.load(Migration.folder())
        let conninfo = try PrivatePostgres.emptyTestDatabase()
        let connection = try Connection(conninfo)
        try Migrator(connection, all.filter { $0.version < 90 }).migrate()
        let desk = try Desk(conninfo)
        let owner = try desk.enlisted()
        try desk.submit(request(1, name: "first"))
        try seal(desk)
        try desk.submit(request(2, name: "second"))
        let running = try desk.claim(owner: owner)
        try connection.query(
            "UPDATE queue.job SET attempt_started_at = attempt_started_at - interval '2 minutes' "
                + "WHERE state = 'running'"
        )
        let before = try Told.all(desk.outbox)
        try #require(before.map(\.line) == ["START", "COMPLETE", "START"])
        try Migrator(connection, all).migrate()
        #expect(try desk.ledger.openLineageEvent(of: "first") == before[1].event)
        for _ in 0..<2 { try desk.queue.renew(running.claim, lease: 60) }
        try desk.queue.complete(running, outputs: [Desk.output(content: "other")])
        let told = try Told.all(desk.outbox)
        try #require(told.map(\.line) == before.map(\.line) + ["RUNNING", "COMPLETE"])
        #expect(told.prefix(3).map(\.message.value) == before.map(\.message.value))
        #expect(Set(told.suffix(3).map(\.run)).count == 1)
        for event in told.suffix(2) {
            #expect(event.event["job"]?["facets"]?["sourceCodeLocation"] != nil)
        }
        #expect(try desk.ledger.openLineageEvent(of: "second") == told[4].event)
        #expect(told[4].event.canonical.contains("\"alias\"".utf8))
    }
}
