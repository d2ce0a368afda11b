import Jobs

/// Changes of one good value, made from its schema.
struct Changes {
    struct Change: CustomStringConvertible {
        let path: [String]
        let value: JSON?
        var description: String { path.joined(separator: ".") + " = \(value ?? "left out")" }
    }

    let schema: JSON
    let good: JSON

    var all: [(Change, JSON)] {
        changes(schema, []).map { ($0, good.setting($0.path[...], to: $0.value)) }
    }

    /// Whether `problems` are all of fields for which the schema has a rule in words, since it is
    /// about several fields or about a list as a whole.
    func describe(_ problems: [String]) -> Bool {
        let fields = described(schema, [])
        return problems.allSatisfy { problem in
            fields.contains {
                problem.hasPrefix($0 + " is ") || problem.hasPrefix($0 + " must be ")
            }
        }
    }

    private func described(_ schema: JSON, _ path: [String]) -> [String] {
        guard case .object(let properties)? = schema["properties"] else {
            return schema["description"] == nil ? [] : [path.joined(separator: ".")]
        }
        return properties.flatMap { described($1, path + [$0]) }
    }

    private func changes(_ schema: JSON, _ path: [String]) -> [Change] {
        guard case .object(let properties)? = schema["properties"] else {
            return values(schema).map { Change(path: path, value: $0) }
        }
        let required = schema["required"]?.list ?? []
        let left = required.compactMap(\.string).map {
            Change(path: path + [$0], value: nil)
        }
        let more = Change(path: path + ["unknown_one"], value: .int(1))
        return left + [more]
            + properties.sorted { $0.key < $1.key }.flatMap { changes($1, path + [$0]) }
    }

    /// Values at and beyond the edges of a schema without members, and of other types.
    private func values(_ schema: JSON) -> [JSON] {
        var values: [JSON] = [.array([.bool(true)]), .object(["a": .int(1)]), "text"]
        for bound in ["minimum", "maximum"].compactMap({ schema[$0] }) {
            let whole = schema["type"] == "integer"
            values += [bound, bound.moved(-1, whole: whole), bound.moved(1, whole: whole)]
                .compactMap(\.self)
        }
        if schema["type"] == "boolean" { values += [.bool(true), .bool(false), .int(1)] }
        if schema["type"] == "integer" { values += [.double(1.5), .bool(true)] }
        for choice in schema["enum"]?.list ?? [] { values.append(choice) }
        if let constant = schema["const"] { values.append(constant) }
        if let standard = schema["default"] { values.append(standard) }
        if schema["pattern"] != nil { values += ["good.name-1", "0bad", "abcdefabcdef", .null] }
        if schema["format"] == "uuid" { values.append("6f9619ff-8b86-d011-b42d-00cf4fc964ff") }
        if schema["minLength"] != nil { values.append("") }
        return values
    }
}

extension JSON {
    /// A number a step beyond this one, or nil at the end of the integers.
    fileprivate func moved(_ step: Int, whole: Bool) -> JSON? {
        guard whole, case .int(let value) = self else {
            return double.map { .double($0 + Double(step) * max(1e-3, abs($0) * 0.01)) }
        }
        let (sum, overflow) = value.addingReportingOverflow(step)
        return overflow ? nil : .int(sum)
    }

    /// This value with the member at `path` set, or left out for nil.
    fileprivate func setting(_ path: ArraySlice<String>, to value: JSON?) -> JSON {
        guard let name = path.first else { return value ?? .null }
        var members: [String: JSON] = [:]
        if case .object(let own) = self { members = own }
        members[name] =
            path.count == 1
            ? value
            : (members[name] ?? .object([:])).setting(path.dropFirst(), to: value)
        return .object(members)
    }
}
