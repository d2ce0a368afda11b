/// A family of numbers under one name.
public protocol Metric: Sendable {
    /// The family in Prometheus' text format 0.0.4, HELP and TYPE first.
    var text: String { get }
}

/// The content type of `exposition(of:)`.
public let expositionType = "text/plain; version=0.0.4; charset=utf-8"

/// All of `metrics` as one page of Prometheus' text format 0.0.4.
public func exposition(of metrics: [any Metric]) -> String { metrics.map(\.text).joined() }

/// What all kinds of metric have in common.
struct Family: Sendable {
    let name: String
    let help: String
    let labels: [String]

    /// - Precondition: name and labels are as Prometheus wants them, so a wrong one is found by the
    ///   first test that touches it.
    init(_ name: String, _ help: String, _ labels: [String]) {
        precondition(([name] + labels).allSatisfy(Family.isName), "\(name) is not a metric's name")
        (self.name, self.help, self.labels) = (name, help, labels)
    }

    private static func isName(_ text: String) -> Bool {
        text.first?.isNumber == false
            && text.unicodeScalars.allSatisfy {
                ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
            }
    }

    func header(_ type: String) -> String {
        let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// One line: the name with `suffix`, the labels and `extra` ones, the value.
    func line(
        _ values: [String],
        _ value: Double,
        suffix: String = "",
        extra: [(String, String)] = []
    ) -> String {
        let pairs = (zip(labels, values) + extra).map { "\($0)=\"\(escaped($1))\"" }
        let list = pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}"
        return "\(name)\(suffix)\(list) \(number(value))\n"
    }
}

/// A label's value between quotes.
private func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
}

/// A number as Prometheus reads it; whole ones without a fraction.
func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int(exactly: value).map(String.init) ?? "\(value)"
}
