import Foundation
import Jobs
public import Postgres

/// How this module's values lie in Postgres.
extension Value {
    static func json(_ value: JSON) -> Value {
        .text(String(decoding: value.canonical, as: UTF8.self))
    }

    static func digest(_ digest: Digest) -> Value { .text("\\x" + digest.hex) }
}

extension Row {
    func json(_ column: String) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data(text(column).utf8))
    }

    func digest(_ column: String) throws -> Digest {
        guard let digest = try optionalDigest(column) else {
            throw PostgresError("column '\(column)' is null where a digest is needed")
        }
        return digest
    }

    func optionalDigest(_ column: String) throws -> Digest? {
        guard let text = try optional(column) else { return nil }
        guard let digest = Digest(hex: text) else {
            throw PostgresError("column '\(column)' is '\(text)', which is not a digest")
        }
        return digest
    }

    func kind(_ column: String) throws -> JobKind {
        let text = try text(column)
        guard let kind = JobKind(rawValue: text) else {
            throw PostgresError("column '\(column)' is '\(text)', which is no kind of job")
        }
        return kind
    }

    func optionalUUID(_ column: String) throws -> UUID? {
        try optional(column) == nil ? nil : uuid(column)
    }

    func strings(_ column: String) throws -> [String] {
        guard try optional(column) != nil else { return [] }
        return try json(column).decode([String].self)
    }
}

extension PostgresError {
    /// Whether Postgres refused the values themselves, so that the same would be refused again:
    /// data (class 22), constraints (23), and our own rules but fencing.
    public var isRefusal: Bool {
        guard let sqlState, sqlState != "PL001" else { return false }
        return ["22", "23", "PL"].contains { sqlState.hasPrefix($0) }
    }
}

extension String {
    /// The text without the one character that Postgres cannot hold.
    var storable: String { replacing("\0", with: "\u{FFFD}") }
}

/// The one row of a call that always returns one.
func single(_ rows: [Row], of call: String) throws(PostgresError) -> Row {
    guard let row = rows.first else { throw PostgresError("\(call) returned no row") }
    return row
}
