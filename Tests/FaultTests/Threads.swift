import Foundation
import Synchronization

/// Something that becomes true once.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

extension Thread {
    /// How a thread ended; waiting blocks no thread of the pool for longer than it runs.
    final class Outcome: Sendable {
        private let ended = DispatchSemaphore(value: 0)
        private let result = Mutex<Result<Void, any Error>>(.success(()))

        func end(with result: Result<Void, any Error>) {
            self.result.withLock { $0 = result }
            ended.signal()
        }

        func wait() throws {
            ended.wait()
            try result.withLock { try $0.get() }
        }
    }
}
