public import Foundation

/// How the text of a column's cells is to be read, as far as that changes how it is shown.
public enum ColumnType: Sendable {
    case truth, real, json, other

    /// The type with this number in `pg_type`, which Postgres promises not to change.
    init(oid: UInt32) {
        switch oid {
        case 16: self = .truth
        case 700, 701, 1700: self = .real
        case 114, 3802: self = .json
        default: self = .other
        }
    }
}

/// One row of a result, read by the names of its columns.
public struct Row: Sendable {
    let columns: [String: Int]
    /// One for each column.
    let types: [ColumnType]
    let cells: [String?]

    /// The names of the columns, from left to right.
    public var columnNames: [String] { columns.sorted { $0.value < $1.value }.map(\.key) }

    /// The type of `column`; that of text where there is no such column.
    public func type(of column: String) -> ColumnType {
        columns[column].map { types[$0] } ?? .other
    }

    /// The text of `column`, or nil where it is null.
    ///
    /// - Throws: `PostgresError` where the result has no such column.
    public func optional(_ column: String) throws(PostgresError) -> String? {
        guard let index = columns[column] else {
            let known = columns.keys.sorted().joined(separator: ", ")
            throw PostgresError("the result has no column '\(column)'; it has \(known)")
        }
        return cells[index]
    }

    /// The text of `column`.
    ///
    /// - Throws: `PostgresError` where it is null or missing.
    public func text(_ column: String) throws(PostgresError) -> String {
        guard let text = try optional(column) else {
            throw PostgresError("column '\(column)' is null where a value is needed")
        }
        return text
    }

    public func int(_ column: String) throws(PostgresError) -> Int {
        try read(column, "a whole number", try text(column), Int.init)
    }

    public func optionalInt(_ column: String) throws(PostgresError) -> Int? {
        guard let text = try optional(column) else { return nil }
        return try read(column, "a whole number", text, Int.init)
    }

    public func double(_ column: String) throws(PostgresError) -> Double {
        try read(column, "a number", try text(column), Double.init)
    }

    public func optionalDouble(_ column: String) throws(PostgresError) -> Double? {
        guard let text = try optional(column) else { return nil }
        return try read(column, "a number", text, Double.init)
    }

    public func bool(_ column: String) throws(PostgresError) -> Bool {
        try read(column, "a truth value", try text(column)) { ["t": true, "f": false][$0] }
    }

    public func uuid(_ column: String) throws(PostgresError) -> UUID {
        try read(column, "a UUID", try text(column), UUID.init(uuidString:))
    }

    /// The bytes of a `bytea` column.
    public func bytes(_ column: String) throws(PostgresError) -> Data {
        try read(column, "bytes", try text(column), Row.decodeHex)
    }

    private func read<Result>(
        _ column: String,
        _ kind: String,
        _ text: String,
        _ convert: (String) -> Result?
    ) throws(PostgresError) -> Result {
        guard let value = convert(text) else {
            throw PostgresError("column '\(column)' is '\(text.prefix(80))', which is not \(kind)")
        }
        return value
    }

    /// Reads Postgres's `\x` form.
    private static func decodeHex(_ text: String) -> Data? {
        guard text.hasPrefix("\\x"), text.utf8.count.isMultiple(of: 2) else { return nil }
        var data = Data(capacity: text.utf8.count / 2 - 1)
        var high: UInt8?
        for character in text.utf8.dropFirst(2) {
            guard let nibble = nibble(character) else { return nil }
            if let first = high {
                data.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return data
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
