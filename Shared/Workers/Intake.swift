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
    private let logger: Logger

    init(_ kind: JobKind, _ settings: Settings, _ health: Health, _ logger: Logger) {
        (self.kind, self.settings, self.health, self.logger) = (kind, settings, health, logger)
    }

    func run(until shutdown: Shutdown) throws {
        let consumer = try Consumer(
            settings.kafka,
            group: "jobs-\(kind.rawValue)",
            topics: [kind.topic]
        )
        var database = Reconnecting(settings.database)
        var watch = ConsumerWatch(health)
        while !shutdown.isRequested {
            watch.look(consumer)
            guard let message = try consumer.poll(milliseconds: 100) else { continue }
            take(message, &database, shutdown)
            // A message that could not be taken because the process ends will come again.
            if !shutdown.isRequested { try consumer.store(message) }
        }
    }

    /// Records what `message` asks for, trying again for as long as Postgres is away.
    private func take(_ message: Message, _ database: inout Reconnecting, _ shutdown: Shutdown) {
        while !shutdown.isRequested {
            do {
                let connection = try database.connection()
                return try accept(message, connection)
            } catch {
                logger.warning("intake waits for the database", ["error": "\(error)"])
                shutdown.wait(1)
            }
        }
    }

    private func accept(_ message: Message, _ connection: Connection) throws {
        let start = ContinuousClock.now
        defer { Measures.intakeSeconds.observe((ContinuousClock.now - start) / .seconds(1)) }
        let queue = JobQueue(connection)
        let incoming = IncomingMessage(
            topic: message.topic,
            partition: message.partition,
            offset: message.offset,
            headers: message.headers,
            value: message.value
        )
        let metadata = ["topic": message.topic, "offset": "\(message.partition)/\(message.offset)"]
        let logger = logger
        func reject(_ reason: String, _ detail: String) throws {
            Measures.ingested.add(kind.topic, "rejected")
            let key = message.key.map { String(decoding: $0, as: UTF8.self) }
            try queue.reject(incoming, key: key, reason: reason, detail: detail)
            logger.warning("rejected a message", metadata.merging(["detail": detail]) { a, _ in a })
        }
        do {
            let job = try incoming.job()
            let inputs = try Ledger(connection).pin(job.request.inputs)
            let outcome = try queue.submit(
                job.request,
                inputs: inputs,
                source: job.source,
                messageID: job.messageID
            )
            Measures.ingested.add(kind.topic, outcome.rawValue)
            let id = job.request.id.uuidString.lowercased()
            logger.info(
                "took a message",
                metadata.merging(["job": id, "outcome": outcome.rawValue]) { a, _ in a }
            )
            if outcome == .conflict {
                try reject(
                    "conflict",
                    "job_id \(id) is taken by a job that asks for something else"
                )
            }
        } catch let error as SpecError {
            try reject("invalid", error.description)
        }
    }
}

/// A connection that is made when it is needed, and made again after it broke.
struct Reconnecting {
    private let conninfo: String
    private var current: Connection?

    init(_ conninfo: String) { self.conninfo = conninfo }

    mutating func connection() throws -> Connection {
        if let current, current.isOpen { return current }
        let fresh = try Connection(conninfo)
        current = fresh
        return fresh
    }
}
