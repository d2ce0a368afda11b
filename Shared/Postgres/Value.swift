public import Foundation

/// A parameter of a statement; its type is what the statement makes of it.
public enum Value: Equatable, Sendable {
    case null
    case text(String)
    case bytes(Data)

    public static func int(_ value: Int) -> Value { .text(String(value)) }
    public static func int(_ value: Int?) -> Value { value.map(Value.int) ?? .null }
    public static func double(_ value: Double) -> Value { .text(String(value)) }
    public static func double(_ value: Double?) -> Value { value.map(Value.double) ?? .null }
    public static func bool(_ value: Bool) -> Value { .text(value ? "true" : "false") }
    public static func uuid(_ value: UUID) -> Value { .text(value.uuidString.lowercased()) }
    public static func text(_ value: String?) -> Value { value.map { .text($0) } ?? .null }
    public static func bytes(_ value: Data?) -> Value { value.map { .bytes($0) } ?? .null }

    /// An array of texts, as `text[]` reads it.
    public static func array(_ items: [String]) -> Value {
        let quoted = items.map { item in
            let escaped = item.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\"" + escaped + "\""
        }
        return .text("{" + quoted.joined(separator: ",") + "}")
    }
}

extension Value: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
}
