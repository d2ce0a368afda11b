import Foundation
import Lifecycle
import Logging
import Metrics
import Postgres
import Proofs
import Records

/// Signs the ledger's log, every 1,000 entries or 60 s, where this worker has a key for it.
struct LogSealing: Service {
    let name = "log sealing"
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    func run(until shutdown: Shutdown) throws {
        guard let key = settings.signingKey, let store = URL(string: settings.store) else {
            while !shutdown.wait(3600) {}
            return
        }
        let folder = store.appending(path: "epochs", directoryHint: .isDirectory)
        var database = Reconnecting(settings.database)
        while !shutdown.wait(5) {
            do {
                let sealer = LogSealer(try database.connection(), key: key, folder: folder)
                for epoch in try sealer.restoreFiles() {
                    logger.notice("wrote an epoch's file again", ["epoch": "\(epoch.epoch)"])
                }
                guard try sealer.isDue(), let epoch = try sealer.seal() else { continue }
                Measures.chainVerified.set(Double(epoch.size))
                logger.notice(
                    "sealed an epoch of the log",
                    [
                        "epoch": "\(epoch.epoch)", "entries": "\(epoch.size)",
                        "root": epoch.root.hex,
                    ]
                )
            } catch {
                logger.warning("sealing will try again", ["error": "\(error)"])
            }
        }
    }
}
