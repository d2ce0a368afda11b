import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2))) struct EventSchemaTests {
    /// One job of each ending, and the events that Postgres wrote about them.
    @Test func `the events that are really sent are valid and can be read back`() throws {
        let desk = try EventDesk()
        try desk.endInEachWay()
        let schema = try #require(try Schemas.documents()["job.event.v1.json"])
        let messages = try Outbox(desk.connection).take(limit: 100)
            .filter { $0.topic == Topics.events }
        #expect(messages.count >= 14)
        var reasons: Set<JobEvent.Reason> = []
        for message in messages {
            let body = try JSON(parsing: try #require(message.value))
            #expect(try SchemaCheck(schema: schema).problems(body) == [])
            let event = try body.decode(JobEvent.self)
            #expect(message.headers["ce_type"] == "job.\(event.reason.rawValue).v1")
            #expect(message.key == event.jobId.uuidString.lowercased())
            reasons.insert(event.reason)
        }
        let expected: Set<JobEvent.Reason> = [
            .accepted, .started, .succeeded, .failed, .retrying, .released, .cancelled,
        ]
        #expect(reasons.isSuperset(of: expected))
    }

    @Test func `the events of runs are valid by OpenLineage's schema`() throws {
        let desk = try EventDesk()
        try desk.endInEachWay()
        let check = try ExportSchemaTests.check("openlineage-2-0-2")
        var types: [String] = []
        for message in try Outbox(desk.connection).take(limit: 100)
        where message.topic == Topics.lineage {
            let event = try JSON(parsing: try #require(message.value))
            #expect(try check.problems(event) == [])
            types.append(event["eventType"]?.string ?? "")
        }
        #expect(types.count { $0 == "START" } == 5 && types.count == 11)
        #expect(Set(types) == ["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"])
    }

    /// A state that Postgres allows and the schema does not know would make an invalid event.
    @Test func `the schema knows every state and reason that Postgres allows`() throws {
        let desk = try EventDesk()
        let rules = try desk.connection.query(
            """
            SELECT pg_get_constraintdef(oid) AS rule
            FROM pg_constraint
            WHERE conrelid = 'queue.job'::regclass AND conname IN ('job_state_check', 'job_reason_check')
            ORDER BY conname
            """
        ).map { try $0.text("rule").matches(of: /'([a-z_]+)'::text/).map { String($0.1) } }
        try #require(rules.count == 2)
        #expect(Set(rules[0]).isSubset(of: JobEvent.Reason.allCases.map(\.rawValue)))
        #expect(Set(rules[1]).isSubset(of: JobEvent.State.allCases.map(\.rawValue)))
    }

    @Test func `the AsyncAPI document names every topic and only documents that exist`() throws {
        let documents = try Schemas.documents()
        let api = try #require(documents["asyncapi.json"])
        guard case .object(let channels)? = api["channels"] else {
            Issue.record("no channels")
            return
        }
        #expect(Set(channels.keys) == Set(Topics.all))
        let text = String(decoding: try Schemas.bytes(of: api), as: UTF8.self)
        let files = text.matches(of: /"\.\/([a-z0-9.]+)"/).map { String($0.1) }
        #expect(files.count == JobKind.allCases.count + 1)
        #expect(files.allSatisfy { documents[$0] != nil })
    }
}

/// A queue with a dataset, on which jobs are submitted and claimed.
private struct EventDesk {
    let connection: Connection
    var queue: JobQueue { JobQueue(connection) }

    static let output = JobOutput(
        name: "model",
        kind: "checkpoint",
        content: Digest(of: Data("model".utf8)),
        bytes: 5,
        info: .object([:])
    )

    init() throws {
        connection = try Connection(PrivatePostgres.testDatabase())
        let dataset = JobOutput(
            name: "dataset",
            kind: "dataset",
            content: Digest(of: Data("shapes".utf8)),
            bytes: 6,
            info: .object([:])
        )
        try Ledger(connection).register(dataset, from: "test", name: "shapes")
    }

    func submit() throws -> UUID {
        let body: JSON = ["spec": ["method": "classifier"], "inputs": ["dataset": "shapes"]]
        let request = try JobRequest(body, kind: .train, fallbackID: UUID())
        let inputs = try Ledger(connection).pin(request.inputs)
        let id = request.id.uuidString
        _ = try queue.submit(request, inputs: inputs, source: "test", messageID: id)
        return request.id
    }

    func claim() throws -> ClaimedJob {
        _ = try submit()
        let owner = UUID()
        let code = Digest(of: Data("program".utf8))
        let build = WorkerBuild(code: code, environment: .object([:]))
        try queue.enlist(owner, .train, offer: .init(), build: build)
        return try #require(try queue.claim([.train], owner: owner, lease: 60))
    }

    func endInEachWay() throws {
        try queue.complete(claim(), outputs: [EventDesk.output])
        try queue.fail(claim(), JobFailure(.permanent, "no \"good\" é\n"))
        try queue.fail(claim(), JobFailure(.transient, "again"))
        try queue.release(claim())
        let cancelled = try claim()
        try connection.query(
            "UPDATE queue.job SET attempt_started_at = now() - interval '1 minute' WHERE id = $1::uuid",
            [.uuid(cancelled.claim.job)]
        )
        try queue.renew(cancelled.claim, lease: 60)
        _ = try queue.cancel(cancelled.claim.job)
        try queue.cancelled(cancelled.claim)
        _ = try queue.cancel(submit())
    }
}

extension JobQueue {
    fileprivate func complete(_ job: ClaimedJob, outputs: [JobOutput]) throws {
        _ = try complete(job, outputs: outputs, metrics: [])
    }
    fileprivate func fail(_ job: ClaimedJob, _ failure: JobFailure) throws {
        _ = try fail(job.claim, failure)
    }
    fileprivate func release(_ job: ClaimedJob) throws { try release(job.claim) }
}
