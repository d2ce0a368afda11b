public import Foundation

/// A JSON value.
public enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// The largest message that is read, in bytes; the deepest nesting; the longest array.
    public static let limits = (bytes: 256 * 1024, depth: 32, items: 10_000)

    /// Reads `data` within `limits`.
    ///
    /// - Throws: `SpecError` naming what is wrong.
    public init(parsing data: Data) throws(SpecError) {
        guard data.count <= JSON.limits.bytes else {
            throw SpecError(
                "the message has \(data.count) bytes; at most \(JSON.limits.bytes) are read"
            )
        }
        do {
            self = try JSONDecoder().decode(JSON.self, from: data)
        } catch {
            throw SpecError("the message is not valid JSON: \(reason(error))")
        }
        try checkLimits(depth: 1)
        if let key = repeatedKey(in: data) {
            throw SpecError("the message has the key '\(key)' twice in one object")
        }
    }

    /// The value that `value` encodes to, keys in snake case.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        self = try JSONDecoder().decode(JSON.self, from: encoder.encode(value))
    }

    /// Decodes `type`, whose keys are in snake case here.
    public func decode<Value: Decodable>(_ type: Value.Type) throws(SpecError) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(type, from: JSONEncoder().encode(self))
        } catch {
            throw SpecError(problems: misplacedFractions(type) ?? [reason(error)])
        }
    }

    /// The numbers that are no whole ones where `type` wants such; Foundation does not say where.
    private func misplacedFractions(_ type: (some Decodable).Type) -> [String]? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let fractions = leaves.filter { $0.value.isFraction }
        let rounded = fractions.reduce(self) { $0.replacing($1.path, with: .int(0)) }
        let decodes = { (json: JSON) in
            (try? decoder.decode(type, from: JSONEncoder().encode(json))) != nil
        }
        guard !fractions.isEmpty, decodes(rounded) else { return nil }
        return fractions.filter { !decodes(rounded.replacing($0.path, with: $0.value)) }.map {
            "\($0.path.joined(separator: ".")) is \($0.value.shown); it must be a whole number"
        }
    }

    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// Checks a value inside `depth - 1` arrays and objects.
    private func checkLimits(depth: Int) throws(SpecError) {
        switch self {
        case .array where depth > JSON.limits.depth, .object where depth > JSON.limits.depth:
            throw SpecError("the message nests deeper than \(JSON.limits.depth)")
        case .array(let items):
            guard items.count <= JSON.limits.items else {
                throw SpecError(
                    "an array has \(items.count) items; at most \(JSON.limits.items) are read"
                )
            }
            for item in items { try item.checkLimits(depth: depth + 1) }
        case .object(let members):
            for member in members.values { try member.checkLimits(depth: depth + 1) }
        default: break
        }
    }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if (try? decoder.unkeyedContainer()) != nil {
            self = .array(try container.decode([JSON].self))
        } else if (try? decoder.container(keyedBy: AnyKey.self)) != nil {
            self = .object(try container.decode([String: JSON].self))
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "is a number beyond what 64 bits can hold"
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSON: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSON: ExpressibleByDictionaryLiteral {
    /// The last of two members with one name counts.
    public init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(Dictionary(members) { $1 })
    }
}

/// What a decoding error says, with the path to the field.
private func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
        .dataCorrupted(let found):
        context = found
    @unknown default: return "\(error)"
    }
    let path = context.codingPath.map(\.inSnakeCase).joined(separator: ".")
    let says = context.debugDescription
    if says.hasPrefix("is ") { return "\(path) \(says)" }
    return path.isEmpty ? says : "\(path): \(says)"
}
