extension JSON {
    /// This value with the members of `given` in place of its own.
    ///
    /// A spec is read by laying what the user wrote over the spec with every default, so that each
    /// default stands in one place and a misspelt key is refused by name.
    /// - Throws: `SpecError` listing every unknown key, with the nearest known one.
    func overlaid(with given: JSON, path: String = "") throws(SpecError) -> JSON {
        guard given.isOfSameType(as: self) else {
            throw SpecError("'\(path)' is \(given.shown); it must be \(typeName)")
        }
        guard case .object(var members) = self, case .object(let user) = given else { return given }
        var problems: [String] = []
        for (key, value) in user.sorted(by: { $0.key < $1.key }) {
            let field = path.isEmpty ? key : path + "." + key
            guard let known = members[key] else {
                let hint = nearest(key, in: members.keys.sorted())
                    .map { "did you mean '\($0)'?" }
                problems.append(
                    "'\(field)' is not a known field; "
                        + (hint ?? "known are \(members.keys.sorted().joined(separator: ", "))")
                )
                continue
            }
            do {
                members[key] = try known.overlaid(with: value, path: field)
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw SpecError(problems: problems) }
        return .object(members)
    }
}

extension JSON {
    /// Whether this can stand where `known` stands; null stands for anything.
    fileprivate func isOfSameType(as known: JSON) -> Bool {
        switch (known, self) {
        case (.array(let items), .array(let given)):
            // Every list of a spec has elements of one type.
            return given.allSatisfy { item in items.first.map { item.isOfSameType(as: $0) } ?? true
            }
        default: return known == .null || known.typeName == typeName
        }
    }

    /// What a user calls this type.
    private var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .int, .double: "a number"
        case .string: "text"
        case .array(let items): items.first.map { "a list of " + $0.pluralName } ?? "a list"
        case .object: "an object"
        }
    }

    private var pluralName: String {
        switch self {
        case .int, .double: "numbers"
        case .string: "texts"
        default: "values"
        }
    }
}
