import Jobs
import Statistics

/// What became of the classes that were to be forgotten.
struct Forgetting {
    /// Share of forgotten-class samples that are not seen as their class (UA).
    let unlearningAccuracy: Interval
    /// Mean probability that the judge gives the class asked for (P_forget).
    let probability: Interval
    /// Mean probability of whatever the judge sees: low where samples are no longer images.
    let validity: Interval
    /// Share of samples without a class, and of retained classes, that are seen as a forgotten one.
    let (leakNull, leakRetained): (Interval, Interval)
    let samples: JudgedSamples

    /// Compares `samples` of the `forgotten` classes, samples of no class and `retained` ones.
    init(
        _ spec: EvaluateSpec,
        _ forgotten: [Int],
        samples: JudgedSamples,
        free: JudgedSamples,
        retained: JudgedSamples
    ) {
        self.samples = samples
        let missed = zip(samples.labels, samples.seen).count { $0 != $1 }
        unlearningAccuracy = Interval(share: missed, of: samples.labels.count)
        let interval = { (values: [Double]) in
            bootstrapMean(values, rounds: spec.bootstrapRounds, seed: UInt64(spec.seed))
        }
        probability = interval(zip(samples.labels, samples.probabilities).map { $1[$0] })
        validity = interval(samples.probabilities.map { $0.max() ?? 0 })
        let leak = { (samples: JudgedSamples) in
            let seen = samples.seen.count { forgotten.contains($0) }
            return Interval(share: seen, of: samples.labels.count)
        }
        (leakNull, leakRetained) = (leak(free), leak(retained))
    }
}
