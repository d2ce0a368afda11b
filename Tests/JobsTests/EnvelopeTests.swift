import Foundation
import Jobs
import Testing

private let body = #"{"spec":{"method":"classifier"},"inputs":{"dataset":"shapes"}}"#

private func message(
    _ value: String?,
    topic: String = "jobs.train.v1",
    headers: [String: String] = [:],
    offset: Int = 7
) -> IncomingMessage {
    IncomingMessage(
        topic: topic,
        partition: 2,
        offset: offset,
        headers: headers,
        value: value.map { Data($0.utf8) }
    )
}

struct EnvelopeTests {
    let event = [
        "ce_specversion": "1.0", "ce_id": "m1", "ce_source": "test",
        "ce_type": "job.train.submit.v1", "ce_subject": "0190a7d2-0000-7000-8000-000000000001",
    ]

    @Test func `a bare body takes its kind from the topic and its id from the offset`() throws {
        let job = try message(body).job()
        #expect(job.request.kind == .train)
        #expect(try message(body).job().request.id == job.request.id)
        #expect(try message(body, offset: 8).job().request.id != job.request.id)
    }

    @Test func `binary and structured events mean the same job`() throws {
        let binary = try message(body, headers: event).job()
        let structured = """
            {"specversion":"1.0","id":"m1","source":"test","type":"job.train.submit.v1",
            "subject":"0190a7d2-0000-7000-8000-000000000001","data":\(body)}
            """
        let type = ["content-type": "application/cloudevents+json"]
        let other = try message(structured, headers: type).job()
        #expect(binary.request == other.request)
        #expect(binary.messageID == "m1" && other.messageID == "m1")
        #expect(binary.request.id.uuidString.lowercased() == event["ce_subject"])
    }

    @Test(arguments: [
        nil, "", "{", "[1]", "{}\u{0}", "null", #"{"spec":1e999}"#, "\u{FEFF}{", "{} {}",
        #"{"spec":"\#("\\")ud800"}"#,
    ])
    func `what is no job is refused`(value: String?) {
        #expect(throws: SpecError.self) { try message(value).job() }
    }

    /// JSON has no NaN, and a number that overflows is named by its place.
    @Test(arguments: [
        (#"{"spec": {"ema": 1e999}}"#, "spec.ema is a number beyond what 64 bits can hold"),
        (#"{"spec": {"a": [1, -1e999]}}"#, "spec.a.1 is a number beyond what 64 bits can hold"),
        (#"{"spec": {"ema": NaN}}"#, "the message is not valid JSON"),
        (#"{"spec": {"ema": Infinity}}"#, "the message is not valid JSON"),
    ])
    func `a number that is none is refused`(value: String, says: String) {
        let error = #expect(throws: SpecError.self) { try message(value).job() }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test func `sizes and depths have limits`() {
        let large = #"{"spec":""# + String(repeating: "x", count: 256 * 1024) + #""}"#
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let long =
            #"{"spec":["# + Array(repeating: "1", count: 10_001).joined(separator: ",") + "]}"
        for (value, says) in [(large, "bytes"), (deep, "nests"), (long, "10001 items")] {
            let error = #expect(throws: SpecError.self) { try message(value).job() }
            #expect(error?.description.contains(says) == true)
        }
    }

    @Test(arguments: [
        ("ce_specversion", "2.0"), ("ce_id", ""), ("ce_source", ""), ("ce_type", "job.cancel.v1"),
    ])
    func `an event with a wrong attribute is refused`(name: String, value: String) {
        var headers = event
        headers[name] = value
        #expect(throws: SpecError.self) { try message(body, headers: headers).job() }
    }
}
