import Foundation
import Jobs

/// A row of the ledger, as its entry in the log tells it. Nothing is taken for granted: whoever
/// signs a proof with a key of his own writes into it what he likes.
struct LoggedRow {
    let table: String
    let key: String
    private let values: [String: JSON]

    /// What canonical JSON can write of a whole number without loss.
    static let numbers = 1...1 << 53

    init(_ entry: LogEntry) throws {
        let payload = Data(entry.payload)
        guard let json = try? JSONDecoder().decode(JSON.self, from: payload),
            json.canonical == payload, let table = json["table"]?.string,
            let key = json["key"]?.string, case .object(let values)? = json["row"],
            values.values.allSatisfy({ $0 == .null || $0.string != nil })
        else {
            throw ProofError("entry \(entry.number) of \(entry.stream) is no row in canonical form")
        }
        (self.table, self.key, self.values) = (table, key, values)
        try checkKey()
    }

    /// The key is what the columns of the primary key say, so that whoever points to it means them.
    private func checkKey() throws {
        let columns =
            switch table {
            case "edge": ["child", "parent"]
            case "import": ["artifact"]
            default: ["seq"]
            }
        let parts = try columns.map { String(try number($0)) }
        let tail = table == "edge" ? [try text("role")] : []
        guard (parts + tail).joined(separator: "/") == key else {
            throw ProofError("\(table) \(key) has another key than its row")
        }
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

    /// The elements of an array of plain words or numbers.
    func list(_ column: String) throws -> [String] {
        let text = try text(column)
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.count >= 2 else {
            throw ProofError("\(table) \(key) has no array in \(column)")
        }
        return text.dropFirst().dropLast().split(separator: ",").map { String($0) }
    }

    /// The numbers of rows in an array.
    func numbers(_ column: String) throws -> [Int] {
        try list(column).map { try whole($0, column, LoggedRow.numbers) }
    }

    /// The number of a row.
    func number(_ column: String) throws -> Int {
        try whole(text(column), column, LoggedRow.numbers)
    }

    /// How many of something there are.
    func count(_ column: String) throws -> Int {
        try whole(text(column), column, 0...LoggedRow.numbers.upperBound)
    }

    private func whole(_ text: String, _ column: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let value = Int(text), range.contains(value), String(value) == text else {
            throw ProofError("\(table) \(key) has no number in \(column)")
        }
        return value
    }

    /// A measured number, as it is written.
    func measure(_ column: String) throws -> JSON {
        let text = try text(column)
        guard let value = Double(text), value.isFinite else {
            throw ProofError("\(table) \(key) has no finite number in \(column)")
        }
        return .string(text)
    }

    /// A moment, as Postgres writes it for UTC.
    func time(_ column: String) throws -> JSON {
        let text = try text(column)
        guard isTime(text, between: " ", end: "+00") else {
            throw ProofError("\(table) \(key) has no time in \(column)")
        }
        return .string(text)
    }

    func json(_ column: String) throws -> JSON {
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(text(column).utf8)) else {
            throw ProofError("\(table) \(key) has no JSON in \(column)")
        }
        return json
    }
}

/// Whether `text` is a date and a time of day with at most six decimals.
func isTime(_ text: String, between separator: String, end: String) -> Bool {
    guard text.hasSuffix(end) else { return false }
    let parts = text.dropLast(end.count).split(
        separator: separator,
        maxSplits: 1,
        omittingEmptySubsequences: false
    )
    let date = /[0-9]{4,6}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/
    let time = /([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?/
    return parts.count == 2 && parts[0].wholeMatch(of: date) != nil
        && parts[1].wholeMatch(of: time) != nil
}
