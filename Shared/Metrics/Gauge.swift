import Synchronization

/// A number that goes up and down.
public final class Gauge: Metric {
    private let family: Family
    private let series = Mutex(Series<Double>())

    public init(_ name: String, _ help: String, labels: [String] = []) {
        family = Family(name, help, labels)
    }

    /// - Precondition: there is one value for each label.
    public func set(_ value: Double, _ labels: String...) {
        precondition(labels.count == family.labels.count)
        series.withLock { $0.update(labels, from: value) { $0 = value } }
    }

    /// Forgets all values and takes these instead.
    public func replace(with values: [[String]: Double]) {
        precondition(values.keys.allSatisfy { $0.count == family.labels.count })
        series.withLock { $0.replace(with: values) }
    }

    public var text: String {
        family.header("gauge")
            + series.withLock { $0 }.sorted.map { family.line($0.labels, $0.value) }.joined()
    }
}
