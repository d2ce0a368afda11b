import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// Cancels jobs as messages on the control topic ask; any worker does it for all.
struct Control: Service {
    let name = "control"
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    func run(until shutdown: Shutdown) throws {
        let reader = TopicReader(Topics.control, group: "jobs-control", settings, logger)
        try reader.run(until: shutdown) { messages, connection in
            for message in messages { try cancel(message, JobQueue(connection)) }
        }
    }

    private func cancel(_ message: Message, _ queue: JobQueue) throws {
        do {
            let job = try message.incoming.cancellation()
            let outcome = try queue.cancel(job)
            let id = job.uuidString.lowercased()
            logger.info("cancel", ["job": id, "outcome": outcome.rawValue])
        } catch let error as SpecError {
            Measures.rejected.add(Topics.control, "invalid")
            try queue.reject(
                message.incoming,
                key: message.keyText,
                reason: "invalid",
                detail: error.description
            )
        }
    }
}
