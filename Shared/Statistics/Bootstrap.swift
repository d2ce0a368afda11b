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
    let resampling = Resampling(groups, drawingGroups: true, seed: seed)
    let means = (0..<rounds).map { round in
        let drawn = resampling.indices(round: round)
        return drawn.reduce(0) { $0 + values[$1] } / Double(drawn.count)
    }
    return Interval(value: values.reduce(0, +) / Double(values.count), percentilesOf: means)
}

/// The mean of `values` with its percentile bootstrap interval, every value drawn by itself.
///
/// - Precondition: there is a value.
public func bootstrapMean(_ values: [Double], rounds: Int, seed: UInt64) -> Interval {
    bootstrapMean(values, groups: values.map { _ in 0 }, rounds: rounds, seed: seed)
}

extension Interval {
    /// The share `hits` / `count` with Wilson's score interval (1927), which, unlike a bootstrap,
    /// stays open where all or none hit.
    ///
    /// - Precondition: `count` is positive.
    public init(share hits: Int, of count: Int) {
        precondition(count > 0, "a share of nothing")
        let (n, share, z) = (Double(count), Double(hits) / Double(count), 1.959_963_985)
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half =
            z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        self.init(value: share, low: max(0, middle - half), high: min(1, middle + half))
    }

    /// `value` between the 2.5th and the 97.5th percentile of `resampled`, its values in the
    /// rounds of a bootstrap.
    ///
    /// - Precondition: there is a round.
    public init(value: Double, percentilesOf resampled: [Double]) {
        precondition(!resampled.isEmpty, "an interval needs a round of the bootstrap")
        let sorted = resampled.sorted()
        let at = { (share: Double) in sorted[Int((share * Double(sorted.count - 1)).rounded())] }
        self.init(value: value, low: at(0.025), high: at(0.975))
    }
}

/// Draws the rows of a sample anew, with replacement, for a bootstrap; the draws of a round are a
/// function of the seed, so that several statistics can be compared on the same rows.
public struct Resampling: Sendable {
    private let clusters: [[Int]]
    private let drawingGroups: Bool
    private let philox: Philox

    /// - Parameters:
    ///   - groups: the group of each row.
    ///   - drawingGroups: whether the groups are drawn too, as a sample of more groups, or stay as
    ///     they are and only their members are drawn.
    ///   - seed: what the draws are a function of.
    public init(_ groups: [Int], drawingGroups: Bool, seed: UInt64) {
        clusters = Dictionary(grouping: groups.indices, by: { groups[$0] })
            .sorted { $0.key < $1.key }.map(\.value)
        self.drawingGroups = drawingGroups
        philox = Philox(key: seed)
    }

    /// The rows that `round` draws.
    public func indices(round: Int) -> [Int] {
        var draws = Draws(philox: philox, stream: UInt64(round))
        return clusters.flatMap { own in
            let cluster = drawingGroups ? clusters[draws.next(below: clusters.count)] : own
            return cluster.map { _ in cluster[draws.next(below: cluster.count)] }
        }
    }
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
