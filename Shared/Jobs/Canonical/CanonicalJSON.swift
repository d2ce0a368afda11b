public import Foundation

extension JSON {
    /// The canonical bytes of this value (RFC 8785): keys sorted by UTF-16, no white space,
    /// numbers as ECMAScript writes them. Equal values have equal bytes, hence equal digests.
    public var canonical: Data { Data(canonicalText.utf8) }

    private var canonicalText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value):
            value.magnitude < 1 << 53 ? String(value) : ecmaScript(Double(value))
        case .double(let value): ecmaScript(value)
        case .string(let text): quoted(text)
        case .array(let items): "[" + items.map(\.canonicalText).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted {
                    Array($0.key.utf16).lexicographicallyPrecedes(Array($1.key.utf16))
                }
                .map { quoted($0.key) + ":" + $0.value.canonicalText }
                .joined(separator: ",") + "}"
        }
    }
}

/// ECMA-262 Number::toString, from Swift's shortest digits.
private func ecmaScript(_ value: Double) -> String {
    if value == 0 { return "0" }
    if value < 0 { return "-" + ecmaScript(-value) }
    let (digits, point) = shortest(value)
    let count = digits.count
    if point > 21 || point <= -6 {
        let exponent = (point - 1 < 0 ? "-" : "+") + String(abs(point - 1))
        let tail = digits.dropFirst()
        return "\(digits.prefix(1))\(tail.isEmpty ? "" : "." + tail)e\(exponent)"
    }
    if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
    if point >= count { return digits + String(repeating: "0", count: point - count) }
    return digits.prefix(point) + "." + digits.dropFirst(point)
}

/// The shortest decimal digits d₁d₂… and the place of the point: 0.d₁d₂… · 10^point.
private func shortest(_ value: Double) -> (digits: String, point: Int) {
    let parts = value.description.split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let sides = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = sides.count > 1 ? String(sides[1]) : ""
    let all = String(sides[0]) + fraction
    let leading = all.prefix { $0 == "0" }.count
    var digits = String(all.dropFirst(leading))
    while digits.hasSuffix("0") { digits.removeLast() }
    return (digits, sides[0].count - leading + exponent)
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\u{8}": result += "\\b"
        case "\u{C}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
