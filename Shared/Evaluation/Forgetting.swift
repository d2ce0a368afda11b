import Checkpoints
import Jobs
import Training

/// What became of the classes that were to be forgotten.
struct Forgetting {
    /// Share of forgotten-class samples that are not seen as their class (UA).
    let unlearningAccuracy: Double
    /// Mean probability that the judge gives the class asked for (P_forget).
    let probability: Double
    /// Mean probability of whatever the judge sees: low where samples are no longer images.
    let validity: Double
    /// How many forgotten-class samples are seen as each class.
    let became: [Int]
    /// Share of samples without a class, and of retained classes, that are seen as a forgotten one.
    let (leakNull, leakRetained): (Double, Double)
    let samples: JudgedSamples

    init(
        _ spec: EvaluateSpec,
        forgotten: [Int],
        subject: DiffusionModel,
        retained: JudgedSamples,
        judge: Classifier,
        progress: @escaping () -> Void
    ) throws {
        let count = max(forgotten.count, spec.samples / 4)
        let draw = { (labels: [Int], first: Int) in
            try subject.judgedSamples(
                spec,
                labels: labels,
                first: first,
                judge: judge,
                progress: progress
            )
        }
        let labels = (0..<count).map { forgotten[$0 % forgotten.count] }
        samples = try draw(labels, 1 << 30)
        let free = try draw([Int](repeating: subject.nullClass, count: count), 1 << 31)
        unlearningAccuracy = 1 - samples.accuracy
        probability = mean(zip(labels, samples.probabilities).map { $1[$0] })
        validity = mean(samples.probabilities.map { $0.max() ?? 0 })
        let seen = samples.seen
        became = subject.configuration.classes.indices.map { name in seen.count { $0 == name } }
        let share = { (samples: JudgedSamples) in
            Double(samples.seen.count { forgotten.contains($0) })
                / Double(max(1, samples.labels.count))
        }
        (leakNull, leakRetained) = (share(free), share(retained))
    }
}
