import Spelling

/// Everything that is wrong with a job, each problem a sentence with the field and its value.
public struct SpecError: Error, Equatable, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: "; ") }

    public init(problems: [String]) { self.problems = problems }
    public init(_ problem: String) { problems = [problem] }
}

/// Collects the problems of one spec, so that a user hears of all of them at once, and what was
/// required of each field, which the JSON Schemas are written from.
struct Problems {
    /// One demand on a field, whether or not its value meets it.
    struct Rule {
        let text: String
        let holds: Bool
        /// The smallest and the largest number, where that is the whole rule.
        var bounds: (low: JSON, high: JSON)?
    }

    private(set) var found: [String] = []
    private(set) var rules: [String: [Rule]] = [:]

    /// Notes that `field` must be `rule` unless `holds`; a comparison with NaN does not hold.
    mutating func require(_ holds: Bool, _ field: String, _ value: some Any, _ rule: String) {
        note(Rule(text: rule, holds: holds), field, value)
    }

    mutating func require(_ field: String, _ value: Int, in range: ClosedRange<Int>) {
        let bounds = (JSON.int(range.lowerBound), JSON.int(range.upperBound))
        let text = "from \(range.lowerBound) to \(range.upperBound)"
        note(Rule(text: text, holds: range.contains(value), bounds: bounds), field, value)
    }

    mutating func require(_ field: String, _ value: Double, in range: ClosedRange<Double>) {
        let bounds = (JSON.double(range.lowerBound), JSON.double(range.upperBound))
        let text = "from \(range.lowerBound) to \(range.upperBound)"
        note(Rule(text: text, holds: range.contains(value), bounds: bounds), field, value)
    }

    mutating func include(_ prefix: String, _ problems: Problems) {
        found += problems.found.map { prefix + "." + $0 }
        for (field, rules) in problems.rules { self.rules[prefix + "." + field] = rules }
    }

    private mutating func note(_ rule: Rule, _ field: String, _ value: some Any) {
        rules[field, default: []].append(rule)
        if !rule.holds { found.append("\(field) is \(value); it must be \(rule.text)") }
    }
}

/// That of `candidates` which a field's or value's name is a slip of, if it is one.
func nearest(_ word: String, in candidates: some Sequence<String>) -> String? {
    nearest(word, in: candidates, within: max(2, word.count / 3))
}
