import Foundation
import Jobs
import Kafka
import Lifecycle
import Logging
import Postgres
import Proofs
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
                    if lost > 0 { logger.warning("took jobs back", ["jobs": "\(lost)"]) }
                    try seal(connection)
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

    /// Signs what the log has to be signed, every 1,000 entries or 60 s.
    private func seal(_ connection: Connection) throws {
        guard let key = settings.signingKey, let store = URL(string: settings.store) else { return }
        let folder = store.appending(path: "epochs", directoryHint: .isDirectory)
        let sealer = LogSealer(connection, key: key, folder: folder)
        guard try sealer.isDue(), let epoch = try sealer.seal() else { return }
        logger.notice(
            "sealed an epoch of the log",
            ["epoch": "\(epoch.epoch)", "entries": "\(epoch.size)", "root": epoch.root.hex]
        )
    }

    private func publish(_ outbox: Outbox, _ producer: Producer) throws {
        for message in try outbox.take(limit: 64, lease: 60) {
            try producer.send(
                to: message.topic,
                key: message.key ?? "",
                headers: message.headers,
                value: message.value ?? .init(),
                seconds: 20
            )
            try outbox.done([message])
        }
    }
}
