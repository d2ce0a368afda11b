import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Postgres

/// Gives the messages of one topic to whoever records them; an offset is stored only once its
/// message has had its effect.
struct TopicReader {
    private let topic: String
    private let group: String
    private let settings: Settings
    private let logger: Logger
    /// Where it says how its consumer is, if anywhere.
    private let health: Health?

    init(
        _ topic: String,
        group: String,
        _ settings: Settings,
        _ logger: Logger,
        _ health: Health? = nil
    ) {
        (self.topic, self.group, self.settings, self.logger) = (topic, group, settings, logger)
        self.health = health
    }

    /// Calls `record` with messages as they come, up to 64 at once, again and again until it does not
    /// throw. While Postgres is away all partitions are paused and the group is kept by polling.
    func run(until shutdown: Shutdown, _ record: ([Message], Connection) throws -> Void) throws {
        var (consumer, events) = try join()
        var database = Reconnecting(settings.database)
        var pace = PollPace()
        // What was polled and not yet recorded.
        var waiting: [Message] = []
        var watch = health.map(ConsumerWatch.init)
        var offsets = OffsetWatch(logger)
        while !shutdown.isRequested {
            if events.hasLostTopic, waiting.isEmpty {
                logger.warning("a topic is gone; joining its group anew", ["topic": topic])
                (consumer, events) = try join()
                offsets = OffsetWatch(logger)
            }
            watch?.look(consumer)
            if waiting.isEmpty { waiting = try pace.gather(consumer) }
            let batch = Array(waiting.prefix(PollPace.most))
            guard !batch.isEmpty else { continue }
            waiting.removeFirst(batch.count)
            for message in batch { offsets.look(message, consumer) }
            var isPaused = false
            while !shutdown.isRequested {
                do {
                    try record(batch, database.connection())
                    // A place in a topic that is gone means nothing in one of the same name.
                    if !events.hasLostTopic { for message in batch { try consumer.store(message) } }
                    break
                } catch let error as PostgresError {
                    logger.warning(
                        "intake waits for the database",
                        ["topic": topic, "error": "\(error)"]
                    )
                    isPaused = true
                    try pause(consumer, &pace, &waiting, until: shutdown)
                }
            }
            if isPaused { try consumer.resume() }
        }
    }

    private func join() throws -> (Consumer, KafkaWatch) {
        let events = KafkaWatch(logger)
        let consumer = try Consumer(settings.kafka, group: group, topics: [topic]) {
            events.note($0)
        }
        return (consumer, events)
    }

    /// Keeps the consumer in its group for a second, in which no new message is asked for.
    private func pause(
        _ consumer: Consumer,
        _ pace: inout PollPace,
        _ waiting: inout [Message],
        until shutdown: Shutdown
    ) throws {
        let end = ContinuousClock.now + .seconds(1)
        while !shutdown.isRequested, ContinuousClock.now < end {
            try consumer.pause()
            if let message = try pace.poll(consumer) { waiting.append(message) }
        }
    }
}

/// Polls, and measures how long the consumer went without.
private struct PollPace {
    private var last = ContinuousClock.now

    /// How many messages are recorded at once.
    static let most = 64

    mutating func poll(_ consumer: Consumer) throws -> Message? {
        let now = ContinuousClock.now
        Measures.pollGap.observe((now - last) / .seconds(1))
        last = now
        return try consumer.poll(milliseconds: 100)
    }

    /// Waits for a message, and takes with it those that are here already.
    mutating func gather(_ consumer: Consumer) throws -> [Message] {
        guard let first = try poll(consumer) else { return [] }
        var messages = [first]
        while messages.count < PollPace.most, let next = try consumer.poll(milliseconds: 0) {
            messages.append(next)
        }
        return messages
    }
}

extension Message {
    var incoming: IncomingMessage {
        IncomingMessage(
            topic: topic,
            partition: partition,
            offset: offset,
            headers: headers,
            value: value,
            repeated: Dictionary(grouping: allHeaders, by: \.name)
                .filter { $0.value.count > 1 }.mapValues { $0.map(\.value) }
        )
    }

    var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
}
