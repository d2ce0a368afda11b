/// One thing that is not as it was recorded.
public struct LogFinding: Hashable, Sendable, CustomStringConvertible {
    /// The table, without its schema.
    public let table: String
    /// The row's primary key, its columns joined by `/`.
    public let key: String
    /// The column, where it is known.
    public let column: String?
    public let what: String

    public init(_ table: String, _ key: String, column: String? = nil, _ what: String) {
        (self.table, self.key, self.column, self.what) = (table, key, column, what)
    }

    public var description: String {
        let place = "lineage.\(table) \(key)" + (column.map { ", column \($0)" } ?? "")
        return "\(place): \(what)"
    }
}

/// What `LogVerifier` looked at and found.
public struct LogReport: Sendable {
    public internal(set) var entries = 0
    public internal(set) var rows = 0
    public internal(set) var epochs = 0
    /// Entries that a signed epoch holds.
    public internal(set) var sealed = 0
    public internal(set) var findings: [LogFinding] = []

    /// No report names more; a table emptied is told by its first rows.
    static let limit = 1_000

    mutating func add(_ finding: LogFinding) {
        if findings.count < LogReport.limit { findings.append(finding) }
    }
}
