import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// Turns messages of one topic into jobs, as many at once as are there, in transactions of
/// milliseconds; offsets are stored only after the commit, and never held while a job runs.
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
            .run(until: shutdown) { messages, connection in try accept(messages, connection) }
    }

    /// A commit whose answer was lost needs nothing of its own: the messages are recorded again, and
    /// find themselves in the inbox.
    private func accept(_ messages: [Message], _ connection: Connection) throws {
        let start = ContinuousClock.now
        let results: [Answer]
        if messages.count == 1 {
            results = [try take(messages[0], connection) { try connection.transaction($0) }]
        } else {
            do {
                results = try connection.transaction {
                    try messages.map { try take($0, connection) { try $0() } }
                }
            } catch let error as PostgresError where !error.connectionLost {
                // One that Postgres refuses takes the others with it; so each goes by itself.
                for message in messages { try accept([message], connection) }
                return
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        for (message, result) in zip(messages, results) {
            Measures.intakeSeconds.observe(seconds)
            tell(message, result)
        }
        if results.contains(where: \.isNew) { doorbell.ring() }
    }

    /// What became of a message, once its transaction is committed.
    private enum Answer {
        case submitted(UUID, JobQueue.Submission)
        case rejected(reason: String, detail: String)

        var isNew: Bool { if case .submitted(_, .accepted) = self { true } else { false } }
    }

    /// Submits the message's job within `atomically`, or rejects the message. Whatever else is asked
    /// stands outside: a refusal there may be one of several, and takes a transaction with it.
    private func take(
        _ message: Message,
        _ connection: Connection,
        atomically: (() throws -> Answer) throws -> Answer
    ) throws -> Answer {
        do {
            let job = try message.incoming.job()
            // Inputs of a job that comes after others may not be there yet.
            let isFirst = job.request.options.after.isEmpty
            let inputs = isFirst ? try pin(job.request, Ledger(connection)) : []
            return try atomically { try submit(job, inputs, message, connection) }
        } catch let error as SpecError {
            return try reject(message, "invalid", error.description, connection)
        }
    }

    /// A conflict is rejected beside what tells that the message was taken: who waits for the one
    /// finds the other.
    private func submit(
        _ job: IncomingJob,
        _ inputs: [PinnedInput],
        _ message: Message,
        _ connection: Connection
    ) throws -> Answer {
        let outcome = try JobQueue(connection).submit(
            job.request,
            inputs: inputs,
            source: job.source,
            messageID: job.messageID
        )
        guard outcome == .conflict else { return .submitted(job.request.id, outcome) }
        return try reject(
            message,
            "conflict",
            "job_id \(job.request.id.uuidString.lowercased()), or its idempotency_key, is taken "
                + "by a job that asks for something else",
            connection
        )
    }

    private func reject(
        _ message: Message,
        _ reason: String,
        _ detail: String,
        _ connection: Connection
    ) throws -> Answer {
        let queue = JobQueue(connection)
        try queue.reject(message.incoming, key: message.keyText, reason: reason, detail: detail)
        return .rejected(reason: reason, detail: detail)
    }

    private func tell(_ message: Message, _ result: Answer) {
        var metadata = ["topic": message.topic, "offset": "\(message.partition)/\(message.offset)"]
        switch result {
        case .submitted(let id, let outcome):
            Measures.ingested.add(kind.topic, outcome.rawValue)
            metadata["job"] = id.uuidString.lowercased()
            metadata["outcome"] = outcome.rawValue
            logger.info("took a message", metadata)
        case .rejected(let reason, let detail):
            Measures.ingested.add(kind.topic, "rejected")
            Measures.rejected.add(kind.topic, reason)
            metadata["detail"] = detail
            logger.warning("rejected a message", metadata)
        }
    }

    private func pin(_ request: JobRequest, _ ledger: Ledger) throws -> [PinnedInput] {
        let start = ContinuousClock.now
        defer { Measures.querySeconds.observe((ContinuousClock.now - start) / .seconds(1), "pin") }
        return try ledger.pin(request.inputs, for: request.options.labels["tenant"])
    }
}
