import Foundation

/// The rows of a proof: by table, by key, and by what they point to.
struct LoggedRows {
    /// By ascending number, and so in all that follows.
    let all: [LoggedRow]
    private var tables: [String: [LoggedRow]] = [:]
    private var places: [String: LoggedRow] = [:]
    private var pointing: [String: [LoggedRow]] = [:]

    /// The columns that rows are looked for by.
    private static let pointers = [
        "edge": ["child"], "unlearn_application": ["run"], "forget_opening": ["request"],
        "forget_request_event": ["request"], "evaluator_event": ["evaluator"],
        "verdict": ["supersedes"], "policy": ["name"], "evidence": ["subject"],
    ]

    /// - Throws: `ProofError` where two entries are of one row.
    init(_ entries: [LogEntry]) throws {
        let rows = try entries.map(LoggedRow.init).map { row in
            (number: row["seq"].flatMap { Int($0) } ?? 0, row: row)
        }
        all = rows.sorted { ($0.number, $0.row.key) < ($1.number, $1.row.key) }.map(\.row)
        for row in all {
            let place = "\(row.table) \(row.key)"
            guard places.updateValue(row, forKey: place) == nil else {
                throw ProofError("there are two entries of \(place)")
            }
            tables[row.table, default: []].append(row)
            for pointer in LoggedRows.pointers(of: row) {
                pointing[pointer, default: []].append(row)
            }
        }
    }

    /// What `row` is found by, other than its key.
    private static func pointers(of row: LoggedRow) -> [String] {
        if row.table == "correction" {
            return ["correction \(row["target_table"] ?? "") \(row["target_key"] ?? "")"]
        }
        return pointers[row.table, default: []].compactMap { column in
            row[column].map { "\(row.table) \(column) \($0)" }
        }
    }

    /// The rows of a table.
    func all(_ table: String) -> [LoggedRow] { tables[table, default: []] }

    /// The rows of a table whose `column` is `value`.
    ///
    /// - Precondition: it is a column that rows are looked for by.
    func all(_ table: String, _ column: String, _ value: String) -> [LoggedRow] {
        precondition(LoggedRows.pointers[table]?.contains(column) == true)
        return pointing["\(table) \(column) \(value)", default: []]
    }

    /// That somebody said of a row that it was wrong.
    func corrections(of row: LoggedRow) -> [LoggedRow] {
        pointing["correction lineage.\(row.table) \(row.key)", default: []]
    }

    func find(_ table: String, _ key: String) -> LoggedRow? { places["\(table) \(key)"] }

    /// - Throws: `ProofError` where the proof leaves the row out.
    func row(_ table: String, _ key: String) throws -> LoggedRow {
        guard let row = find(table, key) else {
            throw ProofError("the proof leaves out \(table) \(key)")
        }
        return row
    }
}
