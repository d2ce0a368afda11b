import Foundation
import Jobs

/// A row of the ledger, as its entry in the log tells it.
struct LoggedRow {
    let table: String
    let key: String
    private let values: [String: JSON]

    init(_ entry: LogEntry) throws {
        let payload = Data(entry.payload)
        guard let json = try? JSONDecoder().decode(JSON.self, from: payload),
            json.canonical == payload, let table = json["table"]?.string,
            let key = json["key"]?.string, case .object(let values)? = json["row"]
        else {
            throw ProofError("entry \(entry.number) of \(entry.stream) is no row in canonical form")
        }
        (self.table, self.key, self.values) = (table, key, values)
    }

    subscript(column: String) -> String? { values[column]?.string }

    /// - Throws: `ProofError` where the column is null or missing.
    func text(_ column: String) throws -> String {
        guard let text = self[column] else {
            throw ProofError("\(table) \(key) has no \(column)")
        }
        return text
    }

    /// The bytes of a column that Postgres writes as `\x…`.
    func bytes(_ column: String) throws -> [UInt8] {
        let text = try text(column)
        guard text.hasPrefix("\\x"), let bytes = [UInt8](hexadecimal: String(text.dropFirst(2)))
        else { throw ProofError("\(table) \(key) has no bytes in \(column)") }
        return bytes
    }

    func hex(_ column: String) throws -> String { try bytes(column).hexadecimal }

    /// The numbers of an array.
    func numbers(_ column: String) throws -> [Int] {
        try text(column).dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
    }

    func int(_ column: String) throws -> Int {
        guard let value = Int(try text(column)) else {
            throw ProofError("\(table) \(key) has no number in \(column)")
        }
        return value
    }
}

/// The rows of a proof, by table and key.
struct LoggedRows {
    private var tables: [String: [LoggedRow]] = [:]
    private var places: [String: LoggedRow] = [:]

    /// - Throws: `ProofError` where two entries are of one row.
    init(_ entries: [LogEntry]) throws {
        for row in try entries.map(LoggedRow.init) {
            let place = "\(row.table) \(row.key)"
            guard places.updateValue(row, forKey: place) == nil else {
                throw ProofError("there are two entries of \(place)")
            }
            tables[row.table, default: []].append(row)
        }
    }

    /// The rows of a table, by ascending number.
    func all(_ table: String) throws -> [LoggedRow] {
        let rows = try tables[table, default: []].map { row in (try row.int("seq"), row) }
        return rows.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// The rows of a table, all of which are of `artifact`, as `column` says.
    ///
    /// - Throws: `ProofError` where one is of another artifact.
    func all(_ table: String, of artifact: LoggedRow, by column: String) throws -> [LoggedRow] {
        try all(table).map { row in
            guard row[column] == artifact.key else {
                throw ProofError("\(table) \(row.key) is of another artifact than the proof")
            }
            return row
        }
    }

    var edges: [LoggedRow] { tables["edge", default: []] }

    func find(_ table: String, _ key: String) -> LoggedRow? { places["\(table) \(key)"] }

    /// - Throws: `ProofError` where the proof leaves the row out.
    func row(_ table: String, _ key: String) throws -> LoggedRow {
        guard let row = find(table, key) else {
            throw ProofError("the proof leaves out \(table) \(key)")
        }
        return row
    }
}
