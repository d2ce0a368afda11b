import Logging
import Synchronization

/// librdkafka's own log lines, through our logger and never more than a few a minute.
final class ClientLog: Sendable {
    static let shared = ClientLog()

    private let logger = Logger(label: "kafka")
    private let throttle = LogThrottle()

    func write(_ facility: String, _ text: String) {
        guard let left = throttle.admit(facility) else { return }
        var metadata = ["facility": facility, "text": text]
        if left > 0 { metadata["left_out"] = "\(left)" }
        logger.warning("librdkafka", metadata)
    }
}

/// Lets a few lines of each sort through in a while and counts the others.
public final class LogThrottle: Sendable {
    private struct Window {
        var start: ContinuousClock.Instant
        var admitted = 0
        var leftOut = 0
    }

    private let limit: Int
    private let length: Duration
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameters:
    ///   - limit: lines of one sort that pass in a while.
    ///   - length: how long a while is.
    public init(limit: Int = 5, every length: Duration = .seconds(60)) {
        (self.limit, self.length) = (limit, length)
    }

    /// Whether a line of this sort may pass now: how many were left out since the last that did, or
    /// nil.
    public func admit(_ sort: String, at now: ContinuousClock.Instant = .now) -> Int? {
        windows.withLock { windows in
            // Sorts are librdkafka's words; should they ever not be few, they are forgotten.
            if windows.count > 200 { windows = [:] }
            var window = windows[sort] ?? Window(start: now)
            defer { windows[sort] = window }
            if now - window.start >= length {
                (window.start, window.admitted) = (now, 0)
            }
            guard window.admitted < limit else {
                window.leftOut += 1
                return nil
            }
            window.admitted += 1
            defer { window.leftOut = 0 }
            return window.leftOut
        }
    }
}
