import Foundation
import Jobs

/// The keywords of JSON Schema 2020-12 that our documents use; any other is an error, so that none
/// is passed over.
struct SchemaCheck {
    let schema: JSON

    /// What is wrong with `value`, each with its place; empty where it is valid.
    func problems(_ value: JSON, at path: String = "$") throws -> [String] {
        guard case .object(let keywords) = schema else { throw UnknownKeyword(name: "\(schema)") }
        return try keywords.keys.sorted().flatMap { keyword in
            try problems(keyword, keywords[keyword] ?? .null, value, path)
        }
    }

    private func problems(_ keyword: String, _ rule: JSON, _ value: JSON, _ path: String) throws
        -> [String]
    {
        func unless(_ holds: Bool) -> [String] { holds ? [] : ["\(path): \(keyword) \(rule)"] }
        switch keyword {
        case "$schema", "$id", "title", "description", "default", "then", "format":
            return []
        case "type": return unless(rule.list.contains { value.has(type: $0.string ?? "") })
        case "const": return unless(rule.equals(value))
        case "enum": return unless(rule.list.contains { $0.equals(value) })
        case "minimum": return unless((value.double ?? .infinity) >= (rule.double ?? 0))
        case "maximum": return unless((value.double ?? -.infinity) <= (rule.double ?? 0))
        case "exclusiveMinimum": return unless((value.double ?? .infinity) > (rule.double ?? 0))
        case "maxLength": return unless((value.string?.count ?? 0) <= Int(rule.double ?? 0))
        case "minItems": return unless((value.items?.count ?? .max) >= Int(rule.double ?? 0))
        case "maxItems": return unless((value.items?.count ?? 0) <= Int(rule.double ?? 0))
        case "maxProperties": return unless((value.members?.count ?? 0) <= Int(rule.double ?? 0))
        case "minLength": return unless((value.string?.count ?? .max) >= Int(rule.double ?? 0))
        case "pattern":
            guard let text = value.string, let pattern = rule.string else { return [] }
            return unless(try Regex(pattern).firstMatch(in: text) != nil)
        case "required":
            guard case .object(let members) = value else { return [] }
            return unless(rule.list.allSatisfy { members[$0.string ?? ""] != nil })
        default: return try nested(keyword, rule, value, path)
        }
    }

    private func nested(_ keyword: String, _ rule: JSON, _ value: JSON, _ path: String) throws
        -> [String]
    {
        switch keyword {
        case "properties":
            guard case .object(let members) = value, case .object(let rules) = rule else {
                return []
            }
            let closed = schema["additionalProperties"] == .bool(false)
            return try members.sorted { $0.key < $1.key }.flatMap { name, member in
                guard let own = rules[name] else {
                    return closed ? ["\(path).\(name): unknown"] : []
                }
                return try SchemaCheck(schema: own).problems(member, at: path + "." + name)
            }
        case "additionalProperties":
            guard rule != .bool(false) else { return [] }
            let check = SchemaCheck(schema: rule)
            return try (value.members ?? [:]).flatMap {
                try check.problems($1, at: path + "." + $0)
            }
        case "items":
            guard case .array(let items) = value else { return [] }
            return try items.flatMap { try SchemaCheck(schema: rule).problems($0, at: path + "[]") }
        case "contains":
            guard case .array(let items) = value else { return [] }
            let any = try items.contains { try SchemaCheck(schema: rule).problems($0).isEmpty }
            return any ? [] : ["\(path): contains \(rule)"]
        case "oneOf":
            let all = try rule.list.map { try SchemaCheck(schema: $0).problems(value, at: path) }
            let valid = all.count { $0.isEmpty }
            return valid == 1 ? [] : ["\(path): \(valid) of oneOf: \(all)"]
        case "allOf":
            return try rule.list.flatMap { try SchemaCheck(schema: $0).problems(value, at: path) }
        case "if":
            guard try SchemaCheck(schema: rule).problems(value).isEmpty, let then = schema["then"]
            else { return [] }
            return try SchemaCheck(schema: then).problems(value, at: path)
        default: throw UnknownKeyword(name: keyword)
        }
    }
}

struct UnknownKeyword: Error { let name: String }

extension JSON {
    var items: [JSON]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    var members: [String: JSON]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    var list: [JSON] {
        if case .array(let items) = self { return items }
        return [self]
    }

    fileprivate func equals(_ other: JSON) -> Bool {
        self == other || double != nil && double == other.double
    }

    fileprivate func has(type: String) -> Bool {
        switch (type, self) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array),
            ("object", .object), ("integer", .int), ("number", .int), ("number", .double):
            true
        case ("integer", .double(let value)): value == value.rounded()
        default: false
        }
    }
}
