import Foundation
import Jobs

/// How values of a proof are shown to people. A proof that anybody can sign may hold any text: none
/// of it can look like a line of ours or move the cursor.

/// The text with what is no visible character written as its code, and cut where it is very long.
func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let end = scalars.count > 200 ? "…" : ""
    return scalars.prefix(200).reduce(into: "") { result, scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    } + end
}

/// Four significant digits of a number, or all where fewer would make a whole number of it, such as
/// a certain 1 of 0.99996.
func rounded(_ text: String) -> String {
    guard let value = Double(text), value.isFinite, value != value.rounded() else {
        return shown(text)
    }
    let short = String(format: "%.4g", value)
    guard let near = Double(short), near != near.rounded() else { return shown(text) }
    return short
}

/// `2026-11-25 14:15:11.101505+00` and `2026-11-25T14:15:11.101505Z` as people write it.
func moment(_ text: String) -> String {
    let plain = text.replacing("T", with: " ").prefix { $0 != "." && $0 != "+" && $0 != "Z" }
    return shown(plain + " UTC")
}

extension JSON {
    /// The items of an array; none of anything else.
    var items: [JSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    /// A member as people read it.
    func word(_ name: String) -> String {
        switch self[name] {
        case .string(let text): shown(text)
        case .int(let value): String(value)
        default: "none"
        }
    }

    /// The first digits of a digest.
    func short(_ name: String) -> String { String(word(name).prefix(12)) }

    func moment(_ name: String) -> String { Proofs.moment(self[name]?.string ?? "") }

    func list(_ name: String) -> [JSON] { self[name]?.items ?? [] }

    /// A number with its interval, where it has one.
    var measured: String {
        let (low, high) = (self["low"]?.written, self["high"]?.written)
        let interval = low.flatMap { low in high.map { " (\(low) to \($0))" } } ?? ""
        return (self["value"]?.written ?? "none") + interval
    }

    /// A number, rounded; nil where this is none.
    var written: String? {
        switch self {
        case .int(let value): String(value)
        case .double(let value): rounded("\(value)")
        case .string(let text): rounded(text)
        default: nil
        }
    }
}
