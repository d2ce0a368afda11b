import Foundation
import Jobs

/// The keywords of JSON Schema 2020-12 that our documents use; any other is an error, so that none
/// is passed over.
struct SchemaCheck {
    let schema: JSON
    /// What `$ref` finds in the document that `schema` is a part of.
    var definitions: JSON?

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
        case "$schema", "$id", "$defs", "$comment", "title", "description", "default", "then":
            return []
        case "format": return unless(value.string.map { $0.has(format: rule.string ?? "") } ?? true)
        case "type": return unless(rule.list.contains { value.has(type: $0.string ?? "") })
        case "const": return unless(rule.equals(value))
        case "enum": return unless(rule.list.contains { $0.equals(value) })
        case "minimum": return unless((value.double ?? .infinity) >= (rule.double ?? 0))
        case "maximum": return unless((value.double ?? -.infinity) <= (rule.double ?? 0))
        case "exclusiveMinimum": return unless((value.double ?? .infinity) > (rule.double ?? 0))
        case "maxLength": return unless((value.string?.count ?? 0) <= Int(rule.double ?? 0))
        case "minItems": return unless((value.items?.count ?? .max) >= Int(rule.double ?? 0))
        case "maxItems": return unless((value.items?.count ?? 0) <= Int(rule.double ?? 0))
        case "minProperties": return unless((value.members?.count ?? .max) >= Int(rule.double ?? 0))
        case "uniqueItems":
            return unless(
                Set((value.items ?? []).map(\.canonical)).count == value.items?.count ?? 0
            )
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

    /// A part of the same document.
    private func part(_ schema: JSON) -> SchemaCheck {
        SchemaCheck(schema: schema, definitions: definitions ?? self.schema["$defs"])
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
                return try part(own).problems(member, at: path + "." + name)
            }
        case "additionalProperties":
            guard rule != .bool(false) else { return [] }
            let declared = schema["properties"]?.members ?? [:]
            return try (value.members ?? [:]).filter { declared[$0.key] == nil }.flatMap {
                try part(rule).problems($1, at: path + "." + $0)
            }
        case "items":
            guard case .array(let items) = value else { return [] }
            return try items.flatMap { try part(rule).problems($0, at: path + "[]") }
        case "contains":
            guard case .array(let items) = value else { return [] }
            let any = try items.contains { try part(rule).problems($0).isEmpty }
            return any ? [] : ["\(path): contains \(rule)"]
        case "oneOf":
            let all = try rule.list.map { try part($0).problems(value, at: path) }
            let valid = all.count { $0.isEmpty }
            return valid == 1 ? [] : ["\(path): \(valid) of oneOf: \(all)"]
        case "anyOf":
            let any = try rule.list.contains { try part($0).problems(value).isEmpty }
            return any ? [] : ["\(path): anyOf \(rule)"]
        case "$ref":
            let name = rule.string?.split(separator: "/").last.map(String.init) ?? ""
            guard let target = (definitions ?? schema["$defs"])?[name] else {
                throw UnknownKeyword(name: "\(rule)")
            }
            return try part(target).problems(value, at: path)
        case "allOf":
            return try rule.list.flatMap { try part($0).problems(value, at: path) }
        case "if":
            guard try part(rule).problems(value).isEmpty, let then = schema["then"]
            else { return [] }
            return try part(then).problems(value, at: path)
        default: throw UnknownKeyword(name: keyword)
        }
    }
}

struct UnknownKeyword: Error { let name: String }

extension String {
    fileprivate func has(format: String) -> Bool {
        switch format {
        case "date-time":
            let form = /\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)/
            return wholeMatch(of: form) != nil
        case "uuid": return UUID(uuidString: self) != nil
        // RFC 3986, section 4.3: a scheme, and no character that must be encoded.
        case "uri":
            let form = /[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:\/?#\[\]@!$&'()*+,;=%-]*/
            return wholeMatch(of: form) != nil
        default: return true
        }
    }
}

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
