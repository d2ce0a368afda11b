import Foundation
import Jobs
import Records
import Testing

private func message(
    _ value: Data?,
    topic: String = "jobs.train.v1",
    headers: [String: String] = [:]
) -> IncomingMessage {
    IncomingMessage(topic: topic, partition: 0, offset: 1, headers: headers, value: value)
}

private let good = #"{"spec":{"method":"classifier"},"inputs":{"dataset":"shapes"}}"#

/// What the refusal of a message says, or nil where it is a job.
private func refusal(_ value: String?, _ headers: [String: String] = [:]) -> String? {
    refusal(message(value.map { Data($0.utf8) }, headers: headers))
}

private func refusal(_ message: IncomingMessage) -> String? {
    do {
        _ = try message.job()
        return nil
    } catch {
        return error.description
    }
}

@Suite struct MessageFaults {
    private let event = [
        "ce_specversion": "1.0", "ce_id": "m1", "ce_source": "test",
        "ce_type": "job.train.submit.v1",
    ]

    @Test(arguments: [
        "{", "\u{FEFF}{", good + "x", good + good, "{} {}", "[1]", "null", "{}\u{0}",
        #"{"spec":"\#("\\")ud800"}"#,
    ])
    func `fault 1: what is not JSON is refused`(value: String) {
        #expect(refusal(value) != nil)
    }

    @Test func `fault 1: truncated UTF-8 and a NUL in text are refused, or kept as text`() {
        #expect(refusal(message(Data(good.utf8) + [0xC3])) != nil)
        #expect(refusal(message(Data([0x7B, 0x22, 0xE2, 0x82, 0x22, 0x3A, 0x31, 0x7D]))) != nil)
        #expect(refusal(#"{"name":"a\u0000b","spec":{}}"#) != nil)
    }

    @Test func `fault 2: a key that stands twice in one object is refused by name`() {
        let twice = #"{"priority":1,"spec":{"method":"classifier"},"priority":2}"#
        #expect(refusal(twice)?.contains("'priority' twice") == true)
        let deep = #"{"spec":{"method":"classifier","method":"diffusion"}}"#
        #expect(refusal(deep)?.contains("'method' twice") == true)
        let apart = #"{"spec":{"method":"classifier"},"inputs":{"dataset":"a,\"b\":{"}}"#
        #expect(refusal(apart) == nil)
    }

    @Test(arguments: [
        "1e999", "-0.5", "9223372036854775808", "-9223372036854775808", "NaN", "Infinity", "01",
        "0x1",
    ])
    func `fault 2: a number that is none, or not whole, is refused`(number: String) {
        #expect(refusal(#"{"priority":\#(number),"spec":{"method":"classifier"}}"#) != nil)
    }

    @Test func `fault 3: depth, length, size, headers, nothing at all`() {
        let depth = { (n: Int) in
            String(repeating: "[", count: n) + String(repeating: "]", count: n)
        }
        #expect(refusal(depth(33))?.contains("nests deeper than 32") == true)
        #expect(refusal(depth(32))?.contains("nests") == false)
        let items = { (n: Int) in "[" + Array(repeating: "1", count: n).joined(separator: ",") + "]"
        }
        #expect(refusal(items(10_001))?.contains("10001 items") == true)
        #expect(refusal(items(10_000))?.contains("items") == false)
        let padded = { (n: Int) in good + String(repeating: " ", count: n - good.utf8.count) }
        #expect(refusal(padded(256 * 1024)) == nil)
        #expect(refusal(padded(256 * 1024 + 1))?.contains("262145 bytes") == true)
        #expect(
            refusal(good, ["x": String(repeating: "h", count: 16_384)])?.contains("headers") == true
        )
        #expect(refusal(nil) == "the message is empty")
        #expect(refusal("") == "the message is empty")
    }

    @Test(arguments: [
        ("ce_id", ""), ("ce_id", String(repeating: "i", count: 129)), ("ce_source", ""),
        ("ce_type", "job.train.submit.v9"), ("ce_type", "nothing"), ("ce_specversion", "2.0"),
        ("content-type", "text/plain"), ("content-type", "application/json; charset=latin1"),
    ])
    func `fault 4: an envelope with a wrong attribute is refused`(name: String, value: String) {
        #expect(refusal(good, event.merging([name: value]) { $1 }) != nil)
    }

    @Test func `fault 4: a missing id is refused and the structured form is read`() throws {
        #expect(refusal(good, event.filter { $0.key != "ce_id" }) != nil)
        #expect(
            refusal(good, event.merging(["content-type": "application/json; charset=UTF-8"]) { $1 })
                == nil
        )
        let structured = """
            {"specversion":"1.0","id":"m1","source":"test","type":"job.train.submit.v1","data":\(good)}
            """
        let type = ["content-type": "application/cloudevents+json"]
        let (a, b) = (
            try message(Data(structured.utf8), headers: type).job(),
            try message(Data(good.utf8), headers: event).job()
        )
        #expect(a.request == b.request && a.messageID == b.messageID)
    }

    @Test func `fault 5: a later version of the type is refused with the one that is read`() {
        let later = event.merging(["ce_type": "job.train.submit.v2"]) { $1 }
        #expect(refusal(good, later)?.contains("it must be job.train.submit.v1") == true)
    }

    @Test func `fault 8: a job on another kind's topic is refused with its own`() {
        let body = #"{"kind":"train","spec":{"method":"classifier"},"inputs":{"dataset":"a"}}"#
        let refused = refusal(message(Data(body.utf8), topic: "jobs.distill.v1"))
        #expect(refused?.contains("publish it on jobs.train.v1") == true)
    }

    @Test(arguments: [
        ("priority", "10"), ("priority", "-1"), ("after", "[1]"), ("after", #"["x"]"#),
        ("not_before", #""tomorrow""#), ("deadline", "5"), ("max_runtime", "0"),
        ("max_runtime", "1e300"), ("deadline", #""999999-01-01T00:00:00Z""#),
        ("idempotency_key", #""""#), ("labels", #"{"a":1}"#), ("resources", #"{"gpus":1}"#),
        ("resources", #"{"memory_bytes":0}"#), ("resources", #"{"device_class":"A B"}"#),
        ("outputs", #"[{"name":"a"}]"#),
        ("labels", #"{"\#(String(repeating: "k", count: 101))":"v"}"#),
    ])
    func `fault 35: a field out of its range is refused by name`(field: String, value: String) {
        let body =
            #"{"\#(field)":\#(value),"spec":{"method":"classifier"},"inputs":{"dataset":"a"}}"#
        #expect(refusal(body)?.contains(field) == true)
    }

    @Test func `fault 49: an enormous label is refused before it reaches Postgres`() {
        let label = String(repeating: "l", count: 1_001)
        let body = #"{"labels":{"a":"\#(label)"},"spec":{"method":"classifier"}}"#
        #expect(refusal(body) != nil)
    }
}
