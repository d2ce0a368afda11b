package import Jobs
package import Statistics

/// Integrity on some of the conditions: the mean distance I of their pairs, and
/// I_norm = (I − floor) / (ceiling − floor), the floor and the ceiling being those of the same pairs.
package struct Stratum {
    package let classes: [Int]
    package let pairs: Int
    /// Mean distance over pairs, with its interval; 0 is untouched.
    package let distance: Interval
    /// The distance that the original has to itself, drawn a second time in other batches.
    package let floor: Double
    /// The distance between samples of the original from different noise.
    package let ceiling: Double

    /// The intervals are bootstraps over pairs, clustered by class; nil where there is no pair.
    package init?(_ distances: PairDistances, _ spec: EvaluateSpec) {
        guard !distances.labels.isEmpty else { return nil }
        classes = Set(distances.labels).sorted()
        pairs = distances.labels.count
        (floor, ceiling) = (mean(distances.again), mean(distances.others))
        distance = bootstrapMean(
            distances.subject,
            groups: distances.labels,
            rounds: spec.bootstrapRounds,
            seed: UInt64(spec.seed)
        )
    }

    /// The distance on a scale where 0 is the floor and 1 the ceiling; nil where the ceiling is not
    /// above the floor, since then nothing tells untouched from unrelated.
    package var normalised: Interval? {
        guard ceiling > floor else { return nil }
        let scale = { [floor, ceiling] (value: Double) in (value - floor) / (ceiling - floor) }
        return Interval(
            value: scale(distance.value),
            low: scale(distance.low),
            high: scale(distance.high)
        )
    }
}
