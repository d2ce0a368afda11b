/// Everything that is wrong with a job, each problem a sentence with the field and its value.
public struct SpecError: Error, Equatable, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: "; ") }

    public init(problems: [String]) { self.problems = problems }
    public init(_ problem: String) { problems = [problem] }
}

/// Collects the problems of one spec, so that a user hears of all of them at once.
struct Problems {
    private(set) var found: [String] = []

    /// Notes that `field` must be `rule` unless `holds`; a comparison with NaN does not hold.
    mutating func require(_ holds: Bool, _ field: String, _ value: some Any, _ rule: String) {
        if !holds { found.append("\(field) is \(value); it must be \(rule)") }
    }

    mutating func require(_ field: String, _ value: Int, in range: ClosedRange<Int>) {
        require(
            range.contains(value),
            field,
            value,
            "from \(range.lowerBound) to \(range.upperBound)"
        )
    }

    mutating func require(_ field: String, _ value: Double, in range: ClosedRange<Double>) {
        require(
            range.contains(value),
            field,
            value,
            "from \(range.lowerBound) to \(range.upperBound)"
        )
    }

    mutating func include(_ prefix: String, _ problems: [String]) {
        found += problems.map { prefix + "." + $0 }
    }
}

/// The candidate closest to `word` in edits, where one is close enough to be what was meant.
func nearest(_ word: String, in candidates: some Sequence<String>) -> String? {
    candidates.map { ($0, edits(word, $0)) }
        .filter { $0.1 <= max(2, word.count / 3) }
        .min { $0.1 < $1.1 }?.0
}

/// Levenshtein distance.
private func edits(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
            diagonal = above
        }
    }
    return row[b.count]
}
