import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
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

    /// Calls `record` with each message, again and again until it does not throw. While Postgres is
    /// away all partitions are paused and the group is kept by polling.
    func run(until shutdown: Shutdown, _ record: (Message, Connection) throws -> Void) throws {
        let consumer = try Consumer(settings.kafka, group: group, topics: [topic])
        var database = Reconnecting(settings.database)
        // What came from partitions that were assigned in the middle of a pause.
        var waiting: [Message] = []
        var watch = health.map(ConsumerWatch.init)
        while !shutdown.isRequested {
            watch?.look(consumer)
            let next =
                waiting.isEmpty ? try consumer.poll(milliseconds: 100) : waiting.removeFirst()
            guard let message = next else { continue }
            var isPaused = false
            while !shutdown.isRequested {
                do {
                    try record(message, database.connection())
                    try consumer.store(message)
                    break
                } catch let error as PostgresError {
                    logger.warning(
                        "intake waits for the database",
                        ["topic": topic, "error": "\(error)"]
                    )
                    isPaused = true
                    try pause(consumer, &waiting, until: shutdown)
                }
            }
            if isPaused { try consumer.resume() }
        }
    }

    /// Keeps the consumer in its group for a second, in which no new message is asked for.
    private func pause(
        _ consumer: Consumer,
        _ waiting: inout [Message],
        until shutdown: Shutdown
    ) throws {
        let end = ContinuousClock.now + .seconds(1)
        while !shutdown.isRequested, ContinuousClock.now < end {
            try consumer.pause()
            if let message = try consumer.poll(milliseconds: 100) { waiting.append(message) }
        }
    }
}

extension Message {
    var incoming: IncomingMessage {
        IncomingMessage(
            topic: topic,
            partition: partition,
            offset: offset,
            headers: headers,
            value: value
        )
    }

    var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
}
