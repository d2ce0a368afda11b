/// What became of the classes that were to be forgotten.
struct Forgetting {
    /// Share of forgotten-class samples that are not seen as their class (UA).
    let unlearningAccuracy: Double
    /// Mean probability that the judge gives the class asked for (P_forget).
    let probability: Double
    /// Mean probability of whatever the judge sees: low where samples are no longer images.
    let validity: Double
    /// Share of samples without a class, and of retained classes, that are seen as a forgotten one.
    let (leakNull, leakRetained): (Double, Double)
    let samples: JudgedSamples

    /// Compares `samples` of the `forgotten` classes, samples of no class and `retained` ones.
    init(
        _ forgotten: [Int],
        samples: JudgedSamples,
        free: JudgedSamples,
        retained: JudgedSamples
    ) {
        self.samples = samples
        unlearningAccuracy = 1 - samples.accuracy
        probability = mean(zip(samples.labels, samples.probabilities).map { $1[$0] })
        validity = mean(samples.probabilities.map { $0.max() ?? 0 })
        let share = { (samples: JudgedSamples) in
            Double(samples.seen.count { forgotten.contains($0) })
                / Double(max(1, samples.labels.count))
        }
        (leakNull, leakRetained) = (share(free), share(retained))
    }
}
