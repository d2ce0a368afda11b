import Foundation

/// The JSON Schema (2020-12) of a Swift value's type, read from the value by reflection.
///
/// The value stands for its type: it names the members, and every array of structures in it must
/// hold one. Members of which `Problems` has rules get bounds, or the rule as a description.
struct TypeSchema {
    let rules: [String: [Problems.Rule]]
    /// The members' default values; without them all but optional members are required.
    let defaults: JSON?

    /// - Throws: `SpecError` naming the member whose type has no schema.
    func schema(_ value: Any, path: String = "") throws(SpecError) -> [String: JSON] {
        let type = Swift.type(of: value)
        if let plain = TypeSchema.plain(type) { return try bounded(plain, path) }
        if let optional = value as? any Maybe {
            if let plain = TypeSchema.plain(optional.wrapped) { return plain }
            guard let inner = optional.value else { throw TypeSchema.unknown(type, path) }
            return try schema(inner, path: path)
        }
        if let array = value as? any List {
            return try bounded(["type": "array", "items": .object(items(array, path))], path)
        }
        return try members(of: value, path)
    }

    private func items(_ array: any List, _ path: String) throws(SpecError) -> [String: JSON] {
        if let plain = TypeSchema.plain(array.element) { return plain }
        guard let first = array.sample else { throw TypeSchema.unknown(array.element, path) }
        return try schema(first, path: path)
    }

    private func members(of value: Any, _ path: String) throws(SpecError) -> [String: JSON] {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .struct else {
            throw TypeSchema.unknown(Swift.type(of: value), path)
        }
        var (properties, required): ([String: JSON], [String]) = ([:], [])
        for child in mirror.children {
            let name = TypeSchema.snakeCase(child.label ?? "")
            let path = path.isEmpty ? name : path + "." + name
            properties[name] = .object(try schema(child.value, path: path))
            if isRequired(child.value, path) { required.append(name) }
        }
        return TypeSchema.object(properties, required: required)
    }

    /// A member that has a default is required where the default breaks a rule.
    private func isRequired(_ value: Any, _ path: String) -> Bool {
        guard defaults != nil else { return !(value is any Maybe) }
        return rules[path, default: []].contains { !$0.holds }
            || rules.contains { key, rules in
                key.hasPrefix(path + ".") && rules.contains { !$0.holds }
            }
    }

    private func bounded(_ schema: [String: JSON], _ path: String) throws(SpecError) -> [String:
        JSON]
    {
        var schema = schema
        let found = rules[path, default: []]
        for rule in found {
            guard let bounds = rule.bounds else { continue }
            schema["minimum"] = bounds.low
            schema["maximum"] = bounds.high
        }
        let texts = found.filter { $0.bounds == nil }.map(\.text)
        if !texts.isEmpty {
            let about = "Must also be, other fields having their defaults: "
            schema["description"] = .string(about + texts.joined(separator: "; ") + ".")
        }
        let keys = path.split(separator: ".").map(String.init)
        let standard = keys.reduce(defaults) { $0?[$1] }
        if let standard, !found.contains(where: { !$0.holds }) { schema["default"] = standard }
        return schema
    }
}

extension TypeSchema {
    /// An object with these members and no others.
    static func object(_ properties: [String: JSON], required: [String]) -> [String: JSON] {
        var schema: [String: JSON] = [
            "type": "object", "properties": .object(properties),
            "additionalProperties": .bool(false),
        ]
        if !required.isEmpty {
            schema["required"] = .array(required.sorted().map { .string($0) })
        }
        return schema
    }

    /// The schema of a type without members.
    private static func plain(_ type: Any.Type) -> [String: JSON]? {
        if type == Bool.self { return ["type": "boolean"] }
        if type == Int.self { return ["type": "integer"] }
        if type == Double.self { return ["type": "number"] }
        if type == String.self { return ["type": "string"] }
        if type == UUID.self { return uuid }
        if type == Digest.self { return ["type": "string", "pattern": "^[0-9a-f]{64}$"] }
        guard let choices = type as? any CaseIterable.Type else { return nil }
        return ["type": "string", "enum": .array(names(choices).map { .string($0) })]
    }

    /// Validators need not look at a format, so there is a pattern too.
    static let uuid: [String: JSON] = [
        "type": "string", "format": "uuid",
        "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    ]

    private static func names<Choice: CaseIterable>(_ type: Choice.Type) -> [String] {
        type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
    }

    /// As `JSONEncoder` writes a member's name.
    static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }

    private static func unknown(_ type: Any.Type, _ path: String) -> SpecError {
        SpecError("\(path): there is no schema for the type \(type)")
    }
}

private protocol Maybe {
    var wrapped: Any.Type { get }
    var value: Any? { get }
}
extension Optional: Maybe {
    fileprivate var wrapped: Any.Type { Wrapped.self }
    fileprivate var value: Any? { self }
}

private protocol List {
    var element: Any.Type { get }
    var sample: Any? { get }
}
extension Array: List {
    fileprivate var element: Any.Type { Element.self }
    fileprivate var sample: Any? { isEmpty ? nil : self[startIndex] }
}
