import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Records

/// What any worker does for all: publish the outbox.
struct Housekeeping: Service {
    let name = "housekeeping"
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    func run(until shutdown: Shutdown) throws {
        var database = Reconnecting(settings.database)
        var current: Producer?
        var wait = 0.2
        repeat {
            do {
                let connection = try database.connection()
                let producer =
                    try current ?? Producer(settings.kafka, observe: KafkaWatch(logger).note)
                current = producer
                try publish(Outbox(connection), producer)
                wait = 0.2
            } catch {
                // An idempotent producer whose error is fatal never sends again.
                current = nil
                logger.warning("housekeeping will try again", ["error": "\(error)"])
                wait = min(30, wait * 2)
            }
        } while !shutdown.wait(wait)
    }

    /// Sends what waits. A topic that takes nothing now, such as one that is missing, holds up its
    /// own messages and no others; they are lent again when this loan is over.
    ///
    /// - Throws: the first error, once all has been tried.
    private func publish(_ outbox: Outbox, _ producer: Producer) throws {
        var blocked: [String: KafkaError] = [:]
        for message in try outbox.take(limit: 64, lease: 60)
        where blocked[message.topic] == nil {
            var result = "failed"
            defer { Measures.published.add(message.topic, result) }
            do {
                try send(message, producer)
                result = "ok"
                try outbox.done([message])
            } catch let error as KafkaError where error.isAboutMessage {
                logger.error("parked a message", ["id": "\(message.id)", "error": "\(error)"])
                result = "parked"
                try outbox.park(message, because: error.description)
            } catch let error as KafkaError where !error.isFatal {
                logger.warning(
                    "a topic takes nothing",
                    ["topic": message.topic, "error": "\(error)"]
                )
                blocked[message.topic] = error
            }
        }
        if let error = blocked.values.first { throw error }
    }

    private func send(_ message: OutboxMessage, _ producer: Producer) throws {
        try producer.send(
            to: message.topic,
            key: message.key ?? "",
            headers: message.headers,
            value: message.value ?? .init(),
            seconds: 20
        )
    }
}
