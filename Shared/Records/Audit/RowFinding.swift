/// One row that breaks an invariant, whoever wrote it.
public struct RowFinding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The invariant, `I1` to `I22`; null for a rule of the tables that has no number.
    public let invariant: String?
    /// The table, without its schema.
    public let table: String
    /// The row's primary key, its columns joined by `/`.
    public let key: String
    public let what: String

    public var description: String {
        "\(invariant.map { $0 + "  " } ?? "")lineage.\(table) \(key): \(what)"
    }
}

/// What `RowVerifier` asked and found.
public struct RowReport: Sendable {
    /// How many rows and how many questions there were.
    public internal(set) var rows = 0
    public internal(set) var checks = 0
    public internal(set) var findings: [RowFinding] = []

    /// No question names more; a table gone wrong is told by its first rows.
    static let limit = 1_000
}

/// One question about the rows of a table, in SQL that names nothing but tables and Postgres's own
/// functions. Its columns are `invariant`, `key` and `what`.
struct RowCheck {
    let table: String
    let sql: String

    init(_ table: String, _ sql: String) { (self.table, self.sql) = (table, sql) }
}
