import Foundation
import Synchronization

/// Writes lines to standard error: a constant message, and values beside it.
///
/// The face is swift-log's, so that the package can take this module's place.
public struct Logger: Sendable {
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case trace, debug, info, notice, warning, error, critical

        public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
        private var rank: Int { Level.allCases.firstIndex(of: self) ?? 0 }
    }

    public typealias Metadata = [String: String]

    public let label: String
    public var metadata: Metadata = [:]

    public init(label: String) { self.label = label }

    public func log(_ level: Level, _ message: StaticString, _ metadata: Metadata = [:]) {
        let settings = LoggingSystem.settings.withLock { $0 }
        guard level >= settings.level else { return }
        let all = self.metadata.merging(metadata) { _, new in new }
        let line = settings.json ? json(level, message, all) : text(level, message, all)
        // Where nobody takes what we log, we go on.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    public func debug(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.debug, message, metadata)
    }
    public func info(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.info, message, metadata)
    }
    public func notice(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.notice, message, metadata)
    }
    public func warning(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.warning, message, metadata)
    }
    public func error(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.error, message, metadata)
    }
    public func critical(_ message: StaticString, _ metadata: Metadata = [:]) {
        log(.critical, message, metadata)
    }

    private func text(_ level: Level, _ message: StaticString, _ metadata: Metadata) -> String {
        let values = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(oneLine($0.value))" }
        return "\(timestamp()) \(level.rawValue) \(label): \(message)" + values.joined()
    }

    private func json(_ level: Level, _ message: StaticString, _ metadata: Metadata) -> String {
        let fields = metadata.merging([
            "time": timestamp(), "level": level.rawValue, "logger": label, "message": "\(message)",
        ]) { _, own in own }
        let data = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// How every logger of the process writes; set once at the start.
public enum LoggingSystem {
    struct Settings {
        var level = Logger.Level.info
        var json = false
    }

    static let settings = Mutex(Settings())

    /// Writes lines of `level` and above, as JSON objects or as text.
    public static func bootstrap(level: Logger.Level, json: Bool) {
        settings.withLock { $0 = Settings(level: level, json: json) }
    }
}

/// A value from outside cannot begin a line of its own or pass for another value.
private func oneLine(_ value: String) -> String {
    let plain = value.allSatisfy { $0.isASCII && !$0.isWhitespace && $0 != "\"" && $0 != "=" }
    return plain && !value.isEmpty ? value : value.debugDescription
}

/// UTC to the millisecond, such as `2026-11-25T01:16:47.778Z`.
private func timestamp() -> String {
    Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
}
