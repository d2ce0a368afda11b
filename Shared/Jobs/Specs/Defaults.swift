extension JSON {
    /// This value with the members of `given` in place of its own.
    ///
    /// A spec is read by laying what the user wrote over the spec with every default, so that each
    /// default stands in one place and a misspelt key is refused by name.
    /// - Throws: `SpecError` listing every unknown key, with the nearest known one.
    func overlaid(with given: JSON, path: String = "") throws(SpecError) -> JSON {
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
