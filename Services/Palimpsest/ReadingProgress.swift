import Foundation
import Synchronization

/// How much was read of a total, on standard error where that is a terminal.
final class ReadingProgress: Sendable {
    private let isShown = isatty(2) == 1
    private let state = Mutex((read: 0, shown: ContinuousClock.now))

    /// Counts `bytes` more; tells of it twice a second.
    func add(_ bytes: Int, of total: Int) {
        guard isShown else { return }
        let read: Int? = state.withLock { state in
            state.read += bytes
            let now = ContinuousClock.now
            guard now - state.shown > .milliseconds(500) else { return nil }
            state.shown = now
            return state.read
        }
        guard let read else { return }
        write("\r\u{1B}[K\(read >> 20) of \(total >> 20) MiB read")
    }

    func end() { if isShown { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
