import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records
import Synchronization

/// Renews a job's lease from a thread and a connection of its own, and ends the child when the
/// lease is lost, the job is cancelled, or the worker is to end.
final class LeaseKeeper: Sendable {
    private struct State {
        var stopped = false
        var cancelled = false
        var lost = false
    }

    private let claim: Claim
    private let settings: Settings
    private let child: ChildProcess
    private let shutdown: Shutdown
    private let logger: Logger
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread.
    init(
        _ claim: Claim,
        _ settings: Settings,
        _ child: ChildProcess,
        _ shutdown: Shutdown,
        _ logger: Logger
    ) {
        (self.claim, self.settings, self.child) = (claim, settings, child)
        (self.shutdown, self.logger) = (shutdown, logger)
        Thread.detachNewThread { self.keep() }
    }

    var wasCancelled: Bool { state.withLock { $0.cancelled } }
    var lostLease: Bool { state.withLock { $0.lost } }

    /// Ends the thread and waits for it.
    func stop() {
        state.withLock { $0.stopped = true }
        ended.wait()
    }

    private func keep() {
        defer { ended.signal() }
        var database = Reconnecting(settings.database)
        var (confirmed, next) = (ContinuousClock.now, ContinuousClock.now)
        var killAt: ContinuousClock.Instant?
        while !state.withLock({ $0.stopped }) {
            let now = ContinuousClock.now
            if now >= next {
                next = now + .seconds(settings.lease / 6)
                Measures.leaseMargin.set(settings.lease - (now - confirmed) / .seconds(1))
                if renew(&database) { confirmed = now }
            }
            // By this clock the lease may end soon: the child must be gone before it does.
            if now - confirmed > .seconds(settings.lease * 0.75) {
                Measures.selfFenced.add()
                lose("the lease was not renewed")
            }
            if lostLease { return child.kill9() }
            if killAt == nil, shutdown.isRequested || wasCancelled {
                child.terminate()
                killAt = now + .seconds(wasCancelled ? 30 : 100)
            }
            if let killAt, now > killAt { return child.kill9() }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Whether Postgres confirmed the lease.
    private func renew(_ database: inout Reconnecting) -> Bool {
        do {
            let queue = JobQueue(try database.connection())
            if try queue.renew(claim, lease: settings.lease) {
                state.withLock { $0.cancelled = true }
            }
            Measures.renewals.add("ok")
            return true
        } catch is Fenced {
            Measures.renewals.add("fenced")
            lose("another worker holds the job")
        } catch {
            Measures.renewals.add("error")
            logger.warning("the lease was not renewed; trying again", ["error": "\(error)"])
        }
        return false
    }

    private func lose(_ reason: StaticString) {
        logger.error(reason)
        state.withLock { $0.lost = true }
    }
}
