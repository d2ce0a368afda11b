import Randomness

/// A mean and the interval that holds it with 95 % confidence.
public struct Interval: Equatable, Sendable {
    public let value: Double
    public let low: Double
    public let high: Double

    public init(value: Double, low: Double, high: Double) {
        (self.value, self.low, self.high) = (value, low, high)
    }
}

/// The mean of `values` with its percentile bootstrap interval (Efron 1979).
///
/// Whole groups are drawn with replacement, then the members of each, since values of one group
/// (a class) vary together. The draws are a function of `seed`.
/// - Precondition: there is a value, and a group for each.
public func bootstrapMean(
    _ values: [Double],
    groups: [Int],
    rounds: Int,
    seed: UInt64
) -> Interval {
    precondition(!values.isEmpty && values.count == groups.count, "a group for each value")
    let clusters = Dictionary(grouping: zip(groups, values), by: \.0).sorted { $0.key < $1.key }
        .map { $0.value.map(\.1) }
    let philox = Philox(key: seed)
    let means = (0..<rounds).map { round in
        var draws = Draws(philox: philox, stream: UInt64(round))
        var (sum, count) = (0.0, 0)
        for _ in clusters {
            let cluster = clusters[draws.next(below: clusters.count)]
            for _ in cluster { sum += cluster[draws.next(below: cluster.count)] }
            count += cluster.count
        }
        return sum / Double(count)
    }.sorted()
    let at = { (share: Double) in means[Int((share * Double(rounds - 1)).rounded())] }
    return Interval(
        value: values.reduce(0, +) / Double(values.count),
        low: at(0.025),
        high: at(0.975)
    )
}

/// Integers from one stream of a counter-based generator, in order.
private struct Draws {
    let philox: Philox
    let stream: UInt64
    private var counter: UInt64 = 0

    init(philox: Philox, stream: UInt64) {
        (self.philox, self.stream) = (philox, stream)
    }

    mutating func next(below bound: Int) -> Int {
        counter += 1
        return philox.integer(below: bound, counter: counter, stream: stream)
    }
}
