import Foundation
import Lifecycle
import Logging
import Metrics
import Records

/// Takes jobs back from dead workers and ends what came too late, for all; on a thread of its own,
/// so that a broker that is away holds it up no more than anything else.
struct Reaper: Service {
    let name = "reaper"
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    func run(until shutdown: Shutdown) throws {
        var database = Reconnecting(settings.database)
        var pause = 0.0
        while !shutdown.wait(pause) {
            do {
                let changed = try JobQueue(database.connection()).reap()
                Measures.reaped.add(amount: Double(changed))
                if changed > 0 { logger.warning("reaped", ["jobs": "\(changed)"]) }
                // A full batch has more behind it.
                pause = changed < 100 ? 5 : 0
            } catch {
                logger.warning("reaping will try again", ["error": "\(error)"])
                pause = 5
            }
        }
    }
}
