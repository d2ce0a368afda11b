import Foundation
import Kafka
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct RebalanceFaults {
    private func consumer(_ broker: Broker) throws -> Consumer {
        let configuration = Configuration(
            bootstrap: broker.bootstrap,
            ["session.timeout.ms": "6000", "heartbeat.interval.ms": "500"]
        )
        return try Consumer(configuration, group: "shared", topics: ["moved"])
    }

    /// Polls until `isDone`, and returns what came meanwhile.
    private func poll(
        _ consumers: [Consumer],
        seconds: Double = 60,
        until isDone: () -> Bool
    ) throws -> [Message] {
        let end = ContinuousClock.now + .seconds(seconds)
        var found: [Message] = []
        while !isDone(), ContinuousClock.now < end {
            for consumer in consumers {
                if let message = try consumer.poll(milliseconds: 50) { found.append(message) }
            }
        }
        return found
    }

    /// A member that waits for Postgres gives partitions to one that joins, and gets them back when
    /// that one leaves: none of it may bring messages past the pause.
    @Test(arguments: Broker.available)
    func `fault 13: partitions that come back during a pause stay paused`(
        kind: Broker.Kind
    ) throws {
        let broker = try Broker(kind, topics: ["moved"])
        let first = try consumer(broker)
        _ = try poll([first]) { first.partitions == 2 }
        try first.pause()
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        for number in 0..<40 {
            try producer.send(to: "moved", key: "\(number)", value: Data("\(number)".utf8))
        }
        var leaked: [Message] = []
        do {
            let second = try consumer(broker)
            try second.pause()
            leaked += try poll([first, second]) { second.partitions == 1 && first.partitions == 1 }
            #expect(second.partitions == 1)
        }
        leaked += try poll([first]) { first.partitions == 2 }
        leaked += try poll([first], seconds: 3) { false }
        #expect(first.partitions == 2 && leaked.isEmpty)
        try first.resume()
        var count = 0
        let end = ContinuousClock.now + .seconds(30)
        while count < 40, ContinuousClock.now < end {
            guard let message = try first.poll(milliseconds: 100) else { continue }
            try first.store(message)
            count += 1
        }
        #expect(count == 40)
        #expect(try poll([first], seconds: 1) { false }.isEmpty)
    }
}
