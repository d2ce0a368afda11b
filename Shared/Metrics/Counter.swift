import Synchronization

/// A number that only grows while the process lives; its name ends in `_total`.
public final class Counter: Metric {
    private let family: Family
    private let series: Mutex<Series<Double>>

    public init(_ name: String, _ help: String, labels: [String] = []) {
        family = Family(name, help, labels)
        var series = Series<Double>()
        if labels.isEmpty { series.update([], from: 0) { _ in } }
        self.series = Mutex(series)
    }

    /// - Precondition: there is one value for each label, and `amount` is not negative.
    public func add(_ labels: String..., amount: Double = 1) { add(labels, amount: amount) }

    /// - Precondition: there is one value for each label, and `amount` is not negative.
    public func add(_ labels: [String], amount: Double = 1) {
        precondition(labels.count == family.labels.count && amount >= 0)
        series.withLock { $0.update(labels, from: 0) { $0 += amount } }
    }

    public var text: String {
        family.header("counter")
            + series.withLock { $0 }.sorted.map { family.line($0.labels, $0.value) }.joined()
    }
}
