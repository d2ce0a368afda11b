import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records
import Synchronization

/// Renews a job's lease, and ends the child when the lease is lost, Postgres says so, the child
/// makes no progress, or the worker is to end.
///
/// One thread renews, on a connection of its own, and may block for as long as the network likes;
/// another watches the clock, so that the child is gone before the lease can end. The clock goes on
/// while the machine sleeps (`ContinuousClock` is `CLOCK_BOOTTIME`).
final class LeaseKeeper: Sendable {
    /// Why a child was ended.
    enum Stop: Equatable {
        case lost(String)
        case stalled(String)
        case ordered(JobQueue.Order)

        var isLost: Bool {
            if case .lost = self { true } else { false }
        }
    }

    private struct State {
        var stopped = false
        var stop: Stop?
        /// Just before the last renewal that Postgres confirmed was sent.
        var confirmed = ContinuousClock.now
    }

    /// Renews the lease and answers what to do.
    private let renewal: @Sendable (JobQueue) throws -> JobQueue.Order
    private let settings: Settings
    private let child: ChildProcess
    private let shutdown: Shutdown
    private let logger: Logger
    private let state = Mutex(State())
    private let pace: Mutex<Pace>
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the threads.
    init(
        _ settings: Settings,
        _ child: ChildProcess,
        _ shutdown: Shutdown,
        _ logger: Logger,
        renewal: @escaping @Sendable (JobQueue) throws -> JobQueue.Order
    ) {
        (self.renewal, self.settings, self.child) = (renewal, settings, child)
        (self.shutdown, self.logger) = (shutdown, logger)
        pace = Mutex(Pace(shortest: settings.stall))
        Thread.detachNewThread { self.renew() }
        Thread.detachNewThread { self.watch() }
    }

    /// Why the child was ended, where it was.
    var stop: Stop? { state.withLock { $0.stop } }

    var lostLease: Bool { stop?.isLost ?? false }

    /// Notes a line of the child's report.
    func heard(_ line: ReportLine) { pace.withLock { $0.heard(line) } }

    /// Ends the watching and waits for that; a renewal under way ends by itself.
    func end() {
        state.withLock { $0.stopped = true }
        ended.wait()
    }

    // Renewing

    private func renew() {
        var database = Reconnecting(settings.database)
        var next = ContinuousClock.now
        while !state.withLock({ $0.stopped || $0.stop?.isLost ?? false }) {
            let now = ContinuousClock.now
            if now >= next {
                next = now + .seconds(settings.renewal)
                renewOnce(&database, sent: now)
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    private func renewOnce(_ database: inout Reconnecting, sent: ContinuousClock.Instant) {
        do {
            let queue = JobQueue(try database.connection())
            let order = try renewal(queue)
            let last = state.withLock { state in
                defer { state.confirmed = sent }
                return state.confirmed
            }
            Measures.renewals.add("ok")
            Measures.leaseMargin.set(settings.lease - (sent - last) / .seconds(1))
            if order != .go { require(.ordered(order)) }
        } catch let error as Fenced {
            Measures.renewals.add("fenced")
            Measures.fenced.add(error.operation)
            require(.lost("another worker holds the job"))
        } catch {
            Measures.renewals.add("error")
            logger.warning("the lease was not renewed; trying again", ["error": "\(error)"])
        }
    }

    // Watching

    private func watch() {
        defer { ended.signal() }
        var killAt: ContinuousClock.Instant?
        while !state.withLock({ $0.stopped }) {
            let now = ContinuousClock.now
            if now - state.withLock({ $0.confirmed }) > .seconds(settings.fence) {
                require(.lost("the lease was not renewed in time")) { Measures.selfFenced.add() }
            }
            if let silence = pace.withLock({ $0.stalled(at: now) }), require(.stalled(silence)) {
                child.logStacks(logger)
            }
            switch stop {
            // The others of a gang may wait for one that is gone, and would not hear SIGTERM.
            case .lost, .stalled, .ordered(.gang): return child.kill9()
            case .ordered where killAt == nil:
                child.terminate()
                killAt = now + .seconds(30)
            case nil where killAt == nil && shutdown.isRequested:
                child.terminate()
                killAt = now + .seconds(100)
            default: break
            }
            if let killAt, now > killAt { return child.kill9() }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Notes why the child must end, and says whether that is news; a lost lease outweighs every other
    /// reason.
    @discardableResult
    private func require(_ stop: Stop, then count: () -> Void = {}) -> Bool {
        let isNew = state.withLock { state in
            let known = state.stop
            guard known == nil || (stop.isLost && known?.isLost == false) else { return false }
            state.stop = stop
            return true
        }
        guard isNew else { return false }
        count()
        if case .stalled = stop { Measures.stalled.add() }
        logger.error("the attempt must stop", ["reason": "\(stop)"])
        return true
    }
}
