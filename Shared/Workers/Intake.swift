import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// Turns messages of one topic into jobs, each in a transaction of milliseconds; the offset is
/// stored only after the commit, and never held while a job runs.
struct Intake: Service {
    let name = "intake"
    private let kind: JobKind
    private let settings: Settings
    private let health: Health
    private let doorbell: Doorbell
    private let logger: Logger

    init(
        _ kind: JobKind,
        _ settings: Settings,
        _ health: Health,
        _ doorbell: Doorbell,
        _ logger: Logger
    ) {
        (self.kind, self.settings, self.health) = (kind, settings, health)
        (self.doorbell, self.logger) = (doorbell, logger)
    }

    func run(until shutdown: Shutdown) throws {
        let group = "jobs-\(kind.rawValue)"
        try TopicReader(kind.topic, group: group, settings, logger, health)
            .run(until: shutdown) { message, connection in try accept(message, connection) }
    }

    /// A commit whose answer was lost needs nothing of its own: the message is recorded again, and
    /// finds itself in the inbox.
    private func accept(_ message: Message, _ connection: Connection) throws {
        let start = ContinuousClock.now
        defer { Measures.intakeSeconds.observe((ContinuousClock.now - start) / .seconds(1)) }
        let queue = JobQueue(connection)
        let metadata = ["topic": message.topic, "offset": "\(message.partition)/\(message.offset)"]
        let logger = logger
        func reject(_ reason: String, _ detail: String) throws {
            Measures.ingested.add(kind.topic, "rejected")
            Measures.rejected.add(kind.topic, reason)
            let key = message.keyText
            try queue.reject(message.incoming, key: key, reason: reason, detail: detail)
            logger.warning("rejected a message", metadata.merging(["detail": detail]) { a, _ in a })
        }
        do {
            let job = try message.incoming.job()
            // Inputs of a job that comes after others may not be there yet.
            let isFirst = job.request.options.after.isEmpty
            let outcome = try queue.submit(
                job.request,
                inputs: isFirst ? pin(job.request, Ledger(connection)) : [],
                source: job.source,
                messageID: job.messageID
            )
            Measures.ingested.add(kind.topic, outcome.rawValue)
            let id = job.request.id.uuidString.lowercased()
            logger.info(
                "took a message",
                metadata.merging(["job": id, "outcome": outcome.rawValue]) { a, _ in a }
            )
            if outcome == .accepted { doorbell.ring() }
            if outcome == .conflict {
                try reject(
                    "conflict",
                    "job_id \(id), or its idempotency_key, is taken by a job that asks for "
                        + "something else"
                )
            }
        } catch let error as SpecError {
            try reject("invalid", error.description)
        }
    }

    private func pin(_ request: JobRequest, _ ledger: Ledger) throws -> [PinnedInput] {
        let start = ContinuousClock.now
        defer { Measures.querySeconds.observe((ContinuousClock.now - start) / .seconds(1), "pin") }
        return try ledger.pin(request.inputs)
    }
}
