import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func `a message that comes three times makes one job and one event`() throws {
        let request = try Desk.request(.train, name: "teacher")
        #expect(try desk.submit(request, messageID: "m") == .accepted)
        #expect(try desk.submit(request, messageID: "m") == .duplicate)
        #expect(try desk.submit(request, messageID: "m") == .duplicate)
        #expect(try desk.count("queue.job") == 1)
        #expect(try desk.count("queue.outbox") == 1)
    }

    @Test func `the same job in two messages is one job`() throws {
        let request = try Desk.request(.train)
        #expect(try desk.submit(request) == .accepted)
        #expect(try desk.submit(request) == .duplicate)
        #expect(try desk.count("queue.job") == 1)
    }

    @Test func `the same id for another job is a conflict that changes nothing`() throws {
        let first = try Desk.request(.train)
        try desk.submit(first)
        let other = try Desk.request(
            .train,
            id: first.id,
            spec: ["work": .object(["steps": .int(7)])]
        )
        #expect(try desk.submit(other) == .conflict)
        #expect(try desk.queue.status(of: first.id)?.totalSteps == first.spec.steps)
    }

    @Test func `a message's id for another job is a conflict`() throws {
        try desk.submit(Desk.request(.train), messageID: "m")
        #expect(try desk.submit(Desk.request(.train), messageID: "m") == .conflict)
        #expect(try desk.count("queue.job") == 1)
    }

    @Test func `a duplicate is known after its names moved`() throws {
        let request = try Desk.request(.train)
        try desk.submit(request)
        try desk.ledger.register(
            Desk.output("shapes", kind: "dataset", content: "other shapes"),
            from: "builtin:other",
            name: "shapes"
        )
        #expect(try desk.submit(request) == .duplicate)
        let job = try desk.claim()
        #expect(job.inputs.map(\.artifact) == [desk.dataset])
    }

    @Test func `an input that is not sealed leaves no trace of its message`() throws {
        let nowhere = Digest(of: Data("nowhere".utf8))
        let input = PinnedInput(
            role: "dataset",
            artifact: nowhere,
            content: nowhere,
            kind: "dataset"
        )
        let error = #expect(throws: SpecError.self) {
            try desk.queue.submit(
                Desk.request(.train),
                inputs: [input],
                source: "test",
                messageID: "m"
            )
        }
        #expect(error?.description.contains("input 'dataset' is not a sealed artifact") == true)
        #expect(try desk.count("queue.inbox") == 0)
    }

    @Test func `every unknown or unfit input is named at once`() throws {
        let error = #expect(throws: SpecError.self) {
            try desk.ledger.pin(["teacher": "shapes", "dataset": "nothing", "x": "0123456789ab"])
        }
        let problems = error?.problems ?? []
        #expect(problems.count == 3)
        #expect(problems[0].hasPrefix("inputs.dataset: no artifact is known as 'nothing'; give"))
        #expect(problems[1] == "inputs.teacher is 'shapes', a dataset; it must be a checkpoint")
        #expect(problems[2].hasPrefix("inputs.x: no artifact is known as '0123456789ab'"))
    }

    @Test func `hostile text is only text`() throws {
        let message = "'); DROP TABLE queue.job; --\n\u{1}"
        #expect(try desk.submit(Desk.request(.train), messageID: message) == .accepted)
        #expect(try desk.count("queue.job") == 1)
    }

    @Test func `what Postgres cannot hold is the request's fault, not a reason to try again`()
        throws
    {
        let forget = JSON.array([.string("a\0b")])
        try desk.make(.train, "teacher")
        let request = try Desk.request(
            .unlearn,
            spec: ["forget": forget],
            inputs: ["original": "teacher"]
        )
        #expect(throws: SpecError.self) { try desk.submit(request) }
        #expect(throws: SpecError.self) {
            try desk.queue.submit(
                Desk.request(.train),
                inputs: [],
                source: String(repeating: "s", count: 1_001),
                messageID: "m"
            )
        }
    }

    @Test func `a rejected message is kept and sent to the dead letters once`() throws {
        let bytes = Data([0x7b, 0x00, 0xff])
        let message = IncomingMessage(
            topic: "jobs.train.v1",
            partition: 2,
            offset: 40,
            headers: ["trace": "a\0b"],
            value: bytes
        )
        for _ in 0..<2 {
            try desk.queue.reject(message, key: "k", reason: "invalid", detail: "no\0 JSON")
        }
        let sent = try desk.outbox.take()
        #expect(sent.count == 1)
        #expect(sent[0].topic == "jobs.dlq.v1")
        #expect(sent[0].key == "k")
        #expect(sent[0].value == bytes)
        #expect(sent[0].headers["dlq.reason"] == "invalid")
        #expect(sent[0].headers["dlq.detail"] == "no\u{FFFD} JSON")
        #expect(sent[0].headers["trace"] == "a\u{FFFD}b")
        #expect(sent[0].headers["__connect.errors.offset"] == "40")
        let kept = try desk.connection.query("SELECT original FROM queue.rejected")
        #expect(try kept.map { try $0.bytes("original") } == [bytes])
    }

    @Test func `a message without a value can be rejected`() throws {
        let message = IncomingMessage(
            topic: "jobs.train.v1",
            partition: 0,
            offset: 0,
            headers: [:],
            value: nil
        )
        try desk.queue.reject(message, key: nil, reason: "invalid", detail: "empty")
        #expect(try desk.outbox.take().map(\.value) == [nil])
    }
}
