import Synchronization

/// How often a value lay at or below each of some fixed bounds.
public final class Histogram: Metric {
    private struct Counts: Sendable {
        /// One more than the bounds: the last is for what lies above them all.
        var buckets: [Int]
        var sum = 0.0
    }

    private let family: Family
    private let bounds: [Double]
    private let series: Mutex<Series<Counts>>

    /// - Precondition: `bounds` rise.
    public init(_ name: String, _ help: String, labels: [String] = [], bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        family = Family(name, help, labels)
        self.bounds = bounds
        var series = Series<Counts>()
        let empty = Counts(buckets: Array(repeating: 0, count: bounds.count + 1))
        if labels.isEmpty { series.update([], from: empty) { _ in } }
        self.series = Mutex(series)
    }

    /// - Precondition: there is one value for each label.
    public func observe(_ value: Double, _ labels: String...) {
        precondition(labels.count == family.labels.count)
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        let empty = Counts(buckets: Array(repeating: 0, count: bounds.count + 1))
        series.withLock {
            $0.update(labels, from: empty) { counts in
                counts.buckets[bucket] += 1
                counts.sum += value
            }
        }
    }

    public var text: String {
        let all = series.withLock { $0 }.sorted
        return family.header("histogram") + all.map { lines($0.labels, $0.value) }.joined()
    }

    private func lines(_ labels: [String], _ counts: Counts) -> String {
        var (text, total) = ("", 0)
        for (bound, count) in zip(bounds + [.infinity], counts.buckets) {
            total += count
            let edge = [("le", number(bound))]
            text += family.line(labels, Double(total), suffix: "_bucket", extra: edge)
        }
        return text + family.line(labels, counts.sum, suffix: "_sum")
            + family.line(labels, Double(total), suffix: "_count")
    }
}
