import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Testing

/// The events of tiny jobs, member by member, and those of runs that an update of the schema meets.
@Suite(.timeLimit(.minutes(2)))
struct RunEventFormTests {
    private func request(_ number: Int) throws -> JobRequest {
        let id = UUID(uuidString: "00000000-0000-4000-8000-00000000000\(number)")
        return try Desk.request(.train, id: try #require(id))
    }

    private func seal(_ desk: Desk) throws {
        try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "model")])
    }

    /// `event` with words for its time and for the digest of what was asked.
    private func form(_ told: Told, _ desk: Desk) throws -> String {
        let sql = "SELECT encode(spec_digest, 'hex') AS spec FROM queue.job"
        let spec = try #require(desk.connection.query(sql).first).text("spec")
        return String(decoding: told.event.canonical, as: UTF8.self)
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/, with: "TIME")
            .replacing(spec, with: "SPEC")
    }

    @Test func `each type of event is what the fixture says`() throws {
        let desk = try Desk()
        let ends: [(Desk) throws -> Void] = [
            seal, { try $0.queue.fail($0.claim().claim, JobFailure(.permanent, "no")) },
            { try $0.queue.release($0.claim().claim) },
        ]
        for (number, end) in ends.enumerated() {
            try desk.submit(request(number + 1))
            try end(desk)
        }
        let told = try Told.all(desk.outbox).map { try form($0, desk) }
        let fixture = Story.fixtures.appending(path: "run-events.json")
        let expected = try JSON(parsing: Data(contentsOf: fixture))
        guard case .array(let events) = expected else { throw PostgresError("no list of events") }
        let texts = events.map { String(decoding: $0.canonical, as: UTF8.self) }
        // Those of START differ by the job alone.
        try #require(told.count == 6 && texts.count == 4)
        #expect([told[0], told[1], told[3], told[5]] == texts)
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
}
