import Dispatch

/// Lets a worker's intake wake its supervisor, so that an idle worker starts a job as it comes.
///
/// Postgres is asked all the same from time to time: most jobs become ready in other ways.
final class Doorbell: Sendable {
    private let rung = DispatchSemaphore(value: 0)

    func ring() { rung.signal() }

    /// Waits for a ring, for `seconds` at most. Rings that nobody waited for count as one.
    func wait(_ seconds: Double) {
        guard rung.wait(timeout: .now() + seconds) == .success else { return }
        while rung.wait(timeout: .now()) == .success {}
    }
}
