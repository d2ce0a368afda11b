/// One rule of a database that is not as its migrations left it.
public struct RuleFinding: Hashable, Sendable, Codable, CustomStringConvertible {
    public enum Fault: String, Sendable, Codable { case missing, extra, changed }

    public let fault: Fault
    /// What it is: a trigger, a function, a right.
    public let kind: String
    /// Its name with the schema, and the table's where it has one.
    public let name: String
    /// What of it differs.
    public let part: String
    /// What is there and what the migrations say, in short; null where there is nothing.
    public let found: String?
    public let due: String?

    public var description: String {
        let place = "\(fault.rawValue) \(kind) \(name)"
        switch fault {
        case .missing: return "\(place): due is \(due ?? "nothing")"
        case .extra: return "\(place): it is \(found ?? "nothing")"
        case .changed:
            return "\(place), \(part): it is \(found ?? "nothing"); due is \(due ?? "nothing")"
        }
    }
}

/// What `RuleVerifier` compared and found.
public struct RuleReport: Sendable {
    /// How many things of the migrations were looked for.
    public internal(set) var rules = 0
    public internal(set) var findings: [RuleFinding] = []
}

extension RuleFinding {
    /// A difference in one part, told by the first line that differs.
    init(_ kind: String, _ name: String, _ part: String, found: String?, due: String?) {
        (fault, self.kind, self.name, self.part) = (.changed, kind, name, part)
        let lines = (found?.split(separator: "\n") ?? [], due?.split(separator: "\n") ?? [])
        let same = zip(lines.0, lines.1).prefix { $0 == $1 }.count
        self.found = found.map { _ in short(lines.0.dropFirst(same).first) }
        self.due = due.map { _ in short(lines.1.dropFirst(same).first) }
    }

    /// Something that is on one side only.
    init(_ fault: Fault, _ kind: String, _ name: String, _ parts: [(String, String?)]) {
        (self.fault, self.kind, self.name) = (fault, kind, name)
        let told = parts.first { $0.1?.isEmpty == false }
        part = told?.0 ?? ""
        let text = short(told?.1?.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) })
        (found, due) = fault == .extra ? (text, nil) : (nil, text)
    }
}

private func short(_ line: Substring?) -> String {
    guard let line else { return "''" }
    let words = line.drop { $0.isWhitespace }
    return words.count > 160 ? "'\(words.prefix(157))…'" : "'\(words)'"
}
