import Foundation
import Jobs
import Postgres

extension LogVerifier {
    /// Compares each row of `table` with its entry, and finds those without the other.
    func compare(_ table: WatchedTable, _ report: inout LogReport) throws {
        var writer = RowWriter(table)
        var (findings, rows): ([LogFinding], Int) = ([], 0)
        let columns = table.columns.map { "t.\"\($0)\"::text" }.joined(separator: ", ")
        try connection.copy(
            """
            SELECT t.key, e.key, e.payload, \(columns)
            FROM (SELECT \(table.key) AS key, t.* FROM lineage.\(table.name) t) t
            FULL JOIN (
                SELECT key, payload FROM lineage.log_entry WHERE relation = '\(table.name)'
            ) e ON e.key = t.key COLLATE "C"
            """
        ) { row in
            if row[0] == nil {
                let what = "the row was removed; its entry in the log is still there"
                findings.append(LogFinding(table.name, row.text(1), what))
                return
            }
            rows += 1
            guard let payload = row[2] else {
                let what = "the row has no entry in the log: it was added past the ledger"
                findings.append(LogFinding(table.name, row.text(0), what))
                return
            }
            if !writer.writes(row, as: payload) {
                findings += table.differences(row, from: Data(payload))
            }
        }
        report.rows += rows
        for finding in findings { report.add(finding) }
    }
}

/// Writes rows in the canonical form of the log: RFC 8785, each value as Postgres's text for it.
private struct RowWriter {
    /// What stands before each value.
    private let names: [[UInt8]]
    private let end: [UInt8]
    /// The row that was written last, for its room.
    private var text: [UInt8] = []

    init(_ table: WatchedTable) {
        names = table.columns.enumerated().map { place, column in
            Array("\(place == 0 ? "\"row\":{" : ",")\"\(column)\":".utf8)
        }
        end = Array("},\"table\":\"\(table.name)\"}".utf8)
    }

    /// Whether `payload` is the canonical form of `row`.
    mutating func writes(_ row: CopiedRow, as payload: ArraySlice<UInt8>) -> Bool {
        text.removeAll(keepingCapacity: true)
        text += "{\"key\":".utf8
        text.append(quoted: row[0])
        text.append(UInt8(ascii: ","))
        for (place, name) in names.enumerated() {
            text += name
            text.append(quoted: row[place + 3])
        }
        text += end
        return text[...] == payload
    }
}

extension WatchedTable {
    /// The columns of a row that are not as in its entry.
    fileprivate func differences(_ row: CopiedRow, from payload: Data) -> [LogFinding] {
        let logged = (try? JSONDecoder().decode(JSON.self, from: payload))?["row"]
        guard case .object(let logged) = logged else {
            return [LogFinding(name, row.text(0), "its entry in the log cannot be read")]
        }
        let found = columns.enumerated().compactMap { place, column -> LogFinding? in
            let value = row[place + 3].map { String(decoding: $0, as: UTF8.self) }
            let before = logged[column].flatMap(\.string)
            guard value != before else { return nil }
            let what = "it is \(shown(value)); recorded was \(shown(before))"
            return LogFinding(name, row.text(0), column: column, what)
        }
        // A column that came after the row is null in it.
        let later = columns.contains { logged[$0] == nil }
        return found.isEmpty && !later
            ? [LogFinding(name, row.text(0), "its entry in the log has another form")] : found
    }
}

private func shown(_ value: String?) -> String { value.map { "'\($0.prefix(80))'" } ?? "null" }

extension [UInt8] {
    /// Appends a JSON string of RFC 8785, or null.
    fileprivate mutating func append(quoted value: ArraySlice<UInt8>?) {
        guard let value else { return self += "null".utf8 }
        append(UInt8(ascii: "\""))
        if value.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
            self += value
        } else {
            for byte in value { append(escaped: byte) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case 0x22: self += "\\\"".utf8
        case 0x5c: self += "\\\\".utf8
        case 0x08: self += "\\b".utf8
        case 0x0c: self += "\\f".utf8
        case 0x0a: self += "\\n".utf8
        case 0x0d: self += "\\r".utf8
        case 0x09: self += "\\t".utf8
        case 0..<0x20: self += "\\u00\(byte < 16 ? "0" : "1")\(String(byte & 15, radix: 16))".utf8
        default: append(byte)
        }
    }
}
