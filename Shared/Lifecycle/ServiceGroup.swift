import Foundation
public import Logging
import Synchronization

/// Tells the services of a process that it is to end.
public final class Shutdown: Sendable {
    private let requested = Atomic(false)
    /// Signalled once the end is asked for, and again by each who saw it.
    private let gate = DispatchSemaphore(value: 0)

    public init() {}

    public var isRequested: Bool { requested.load(ordering: .acquiring) }

    public func request() {
        requested.store(true, ordering: .releasing)
        gate.signal()
    }

    /// Waits for `seconds`, or until the end is asked for.
    ///
    /// - Returns: whether the end was asked for.
    @discardableResult
    public func wait(_ seconds: Double) -> Bool {
        if !isRequested, gate.wait(timeout: .now() + seconds) == .success { gate.signal() }
        return isRequested
    }
}

/// Work that goes on until the process ends, on a thread of its own, so that it may block.
public protocol Service: Sendable {
    var name: String { get }
    /// Returns soon after `shutdown` is requested.
    func run(until shutdown: Shutdown) throws
}

/// Runs services until SIGTERM, SIGINT or the first error, and then ends them all.
public struct ServiceGroup {
    private let services: [any Service]
    private let logger: Logger
    private let budget: Double

    /// - Precondition: `budget`, the seconds that ending may take, is positive.
    public init(_ services: [any Service], logger: Logger, budget: Double = 120) {
        (self.services, self.logger, self.budget) = (services, logger, budget)
    }

    /// Runs until all services have returned. A second signal, or the end of the budget, ends the
    /// process with status 1.
    ///
    /// - Throws: the first error of a service.
    public func run() throws {
        let shutdown = Shutdown()
        let signals = listen(shutdown)
        defer { for signal in signals { signal.cancel() } }
        let failure = Mutex<(any Error)?>(nil)
        let running = DispatchGroup()
        for service in services {
            running.enter()
            Thread.detachNewThread { [logger] in
                do {
                    try service.run(until: shutdown)
                } catch {
                    logger.critical(
                        "a service failed",
                        ["service": service.name, "error": "\(error)"]
                    )
                    failure.withLock { $0 = $0 ?? error }
                }
                shutdown.request()
                running.leave()
            }
        }
        while !shutdown.wait(3600) {}
        guard running.wait(timeout: .now() + budget) == .success else {
            logger.critical("services did not end in time")
            exit(1)
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func listen(_ shutdown: Shutdown) -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number,
                queue: DispatchQueue(label: "signals")
            )
            source.setEventHandler { [logger] in
                if shutdown.isRequested { exit(1) }
                logger.notice("ending", ["signal": "\(number)"])
                shutdown.request()
            }
            source.resume()
            return source
        }
    }
}
