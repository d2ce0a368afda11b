import Foundation

extension JSON {
    /// Every value that is neither array nor object, with the way to it, in the order of the keys.
    var leaves: [(path: [String], value: JSON)] {
        let children: [(String, JSON)]
        switch self {
        case .array(let items):
            children = items.enumerated().map { (String($0.offset), $0.element) }
        case .object(let members):
            children = members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        default: return [([], self)]
        }
        return children.flatMap { key, child in
            child.leaves.map { (path: [key] + $0.path, value: $0.value) }
        }
    }

    /// This value with `leaf` at the end of `path`.
    func replacing(_ path: [String], with leaf: JSON) -> JSON {
        guard let first = path.first else { return leaf }
        let rest = Array(path.dropFirst())
        switch self {
        case .array(var items):
            guard let index = Int(first), items.indices.contains(index) else { return self }
            items[index] = items[index].replacing(rest, with: leaf)
            return .array(items)
        case .object(var members):
            members[first] = members[first]?.replacing(rest, with: leaf)
            return .object(members)
        default: return self
        }
    }

    var isFraction: Bool {
        guard case .double(let value) = self else { return false }
        return value != value.rounded()
    }

    /// The value as it was written, shortened.
    var shown: String {
        let text = String(decoding: canonical, as: UTF8.self)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }
}
