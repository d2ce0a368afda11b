import Foundation
import Jobs
import Testing

@Suite struct HeaderTests {
    private func message(_ repeated: [String: [String]]) -> IncomingMessage {
        let body = #"{"spec":{"method":"classifier"},"inputs":{"dataset":"shapes"}}"#
        let event = [
            "ce_specversion": "1.0", "ce_id": "m1", "ce_source": "test",
            "ce_type": "job.train.submit.v1", "trace": "a",
        ]
        return IncomingMessage(
            topic: "jobs.train.v1",
            partition: 0,
            offset: 1,
            headers: event,
            value: Data(body.utf8),
            repeated: repeated
        )
    }

    @Test func `fault 4: an attribute that stands twice is refused with both values`() throws {
        let error = #expect(throws: SpecError.self) {
            try message(["ce_id": ["m1", "m2"], "trace": ["a", "b"]]).job()
        }
        let said = "the header ce_id stands 2 times ('m1', 'm2'); it must stand once"
        #expect(error?.description == said)
        #expect(try message(["trace": ["a", "b"]]).job().messageID == "m1")
    }

    @Test func `fault 4: every value of a repeated header counts towards the limit`() {
        let long = String(repeating: "h", count: 9_000)
        #expect(throws: SpecError.self) { try message(["trace": [long, long]]).job() }
    }
}
