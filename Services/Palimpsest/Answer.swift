import Commands
import Foundation
import Postgres

/// Rows of any function, for people.
struct Answer {
    private let columns: [String]
    private let rows: [Row]

    init(_ rows: [Row]) {
        self.rows = rows
        columns = (rows.first?.columnNames ?? []).filter { $0 != "truncated" }
    }

    func show() throws {
        guard let first = rows.first else { return print("nothing") }
        let titles = columns.map { $0.replacing("_", with: " ") }
        let cells = try rows.map { row in try columns.map { try shown($0, row) } }
        let isRecord = columns.count > 5 || columns.contains { first.type(of: $0) == .json }
        if rows.count == 1, isRecord {
            // What it has not is left out.
            printTable(nil, zip(titles, cells[0]).map { [$0, $1] }.filter { !$0[1].isEmpty })
        } else {
            printTable(titles, cells)
        }
        let isCut = try first.columnNames.contains("truncated") && first.bool("truncated")
        if isCut { print("… cut after \(rows.count) rows; --limit N shows more") }
    }

    /// By the column's type: a name may be `t`, or look like a number.
    private func shown(_ column: String, _ row: Row) throws -> String {
        guard let text = try row.optional(column) else { return "" }
        switch row.type(of: column) {
        case .truth: return text == "t" ? "yes" : "no"
        case .real: return Double(text).map(number) ?? text
        case .json: return summary(text, width: 60)
        case .other: break
        }
        if column.hasSuffix("name") || column == "request" { return text }
        // Twelve digits of a digest are a reference; --json has all of them, and of long values too.
        let short = text.replacing(#/[0-9a-f]{64}/#) { $0.output.prefix(12) }
        return ["in_a", "in_b", "key"].contains(column) ? cut(short, 60) : short
    }
}

/// The answer of `call`, a function with its parameters, as JSON.
func document(_ call: String, _ values: [Value]) throws -> String {
    let sql = "SELECT coalesce(json_agg(q), '[]')::text AS answer FROM \(call) q"
    let rows = try Connections.find().openDatabase().query(sql, values)
    return try rows.first?.text("answer") ?? "[]"
}
