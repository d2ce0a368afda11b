import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Records

/// What any worker does for all: take jobs back from dead workers, publish the outbox.
struct Housekeeping: Service {
    let name = "housekeeping"
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    func run(until shutdown: Shutdown) throws {
        var database = Reconnecting(settings.database)
        let producer = try Producer(settings.kafka)
        var (nextReap, wait) = (ContinuousClock.now, 0.2)
        repeat {
            do {
                let connection = try database.connection()
                if ContinuousClock.now >= nextReap {
                    let lost = try JobQueue(connection).reap()
                    Measures.expired.add(amount: Double(lost))
                    if lost > 0 { logger.warning("took jobs back", ["jobs": "\(lost)"]) }
                    nextReap = .now + .seconds(5)
                }
                try publish(Outbox(connection), producer)
                wait = 0.2
            } catch {
                logger.warning("housekeeping will try again", ["error": "\(error)"])
                wait = min(30, wait * 2)
            }
        } while !shutdown.wait(wait)
    }

    private func publish(_ outbox: Outbox, _ producer: Producer) throws {
        for message in try outbox.take(limit: 64, lease: 60) {
            var result = "failed"
            defer { Measures.published.add(message.topic, result) }
            try producer.send(
                to: message.topic,
                key: message.key ?? "",
                headers: message.headers,
                value: message.value ?? .init(),
                seconds: 20
            )
            result = "ok"
            try outbox.done([message])
        }
    }
}
