import Foundation
import Kafka
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct ListenerTests {
    private func consumer(_ broker: Broker, _ topic: String, _ seen: Seen = Seen()) throws
        -> Consumer
    {
        let settings = ["session.timeout.ms": "6000"]
        let configuration = Configuration(bootstrap: broker.bootstrap, settings)
        return try Consumer(configuration, group: "g", topics: [topic]) { seen.add($0) }
    }

    private func next(_ consumer: Consumer, seconds: Double = 30) throws -> Message? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let message = try consumer.poll(milliseconds: 100) { return message }
        }
        return nil
    }

    @Test func `a header that stands twice arrives twice, in its order`() throws {
        let broker = try Broker(.embedded, topics: ["twice"])
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        let headers = [("ce_id", "a"), ("X", ""), ("ce_id", "b")].map {
            Message.Header(name: $0, value: $1)
        }
        try producer.send(to: "twice", key: "k", allHeaders: headers, value: Data("v".utf8))
        let message = try #require(try next(consumer(broker, "twice")))
        #expect(message.allHeaders.map(\.name) == ["ce_id", "x", "ce_id"])
        #expect(message.allHeaders.map(\.value) == ["a", "", "b"])
        #expect(message.headers == ["ce_id": "a", "x": ""])
    }

    /// Partitions that come during a pause are paused too: their messages wait for its end.
    @Test func `what is assigned during a pause is paused`() throws {
        let broker = try Broker(.embedded, topics: ["later"])
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        try producer.send(to: "later", key: "k", value: Data("v".utf8))
        let seen = Seen()
        let consumer = try consumer(broker, "later", seen)
        try consumer.pause()
        let end = ContinuousClock.now + .seconds(30)
        while seen.partitions == 0, ContinuousClock.now < end {
            #expect(try consumer.poll(milliseconds: 100) == nil)
        }
        #expect(seen.partitions == 2)
        #expect(try next(consumer, seconds: 2) == nil)
        try consumer.resume()
        #expect(try next(consumer)?.value == Data("v".utf8))
    }

    @Test func `fault 57: of a flood of lines a few pass, and the next says how many did not`() {
        let throttle = LogThrottle(limit: 3, every: .seconds(60))
        let start = ContinuousClock.now
        let first = (0..<10_000).compactMap { _ in throttle.admit("FAIL", at: start) }
        #expect(first == [0, 0, 0])
        #expect(throttle.admit("ERROR", at: start) == 0)
        #expect(throttle.admit("FAIL", at: start + .seconds(61)) == 9_997)
        #expect(throttle.admit("FAIL", at: start + .seconds(61)) == 0)
    }
}

/// What a client told of.
private final class Seen: Sendable {
    private let count = Mutex(0)

    var partitions: Int { count.withLock { $0 } }

    func add(_ event: ClientEvent) {
        if case .rebalance(.assign, let partitions) = event { count.withLock { $0 += partitions } }
    }
}
