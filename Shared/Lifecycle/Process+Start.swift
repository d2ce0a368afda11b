public import Foundation

extension Process {
    /// Runs the process with no signal blocked.
    ///
    /// A child inherits the signals that its parent's thread blocks, and Dispatch's threads block
    /// most: a plain `run()` there makes a process that SIGTERM does not reach.
    public func start() throws {
        var (none, blocked) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &blocked)
        defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
        try run()
    }
}
