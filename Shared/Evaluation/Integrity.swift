import Checkpoints
import Jobs
import Statistics
import Tensors
package import Training

/// How much an unlearned model still answers like its original: perceptual distance between
/// samples of both from the same noise, on classes that were to be kept.
///
/// Schioppa et al. 2024, arXiv:2411.02068, propose the measure with LPIPS. Here the features are
/// those of the project's own classifier, so values compare only under one classifier.
struct Integrity {
    /// All pairs of the retained classes.
    let whole: Stratum
    /// The pairs of the classes that are near to what was forgotten, and of the others; see
    /// `Nearness`. They are those of `whole`, divided, so they cost no sample.
    let (near, far): (Stratum?, Stratum?)
    /// Samples of no class, ∅: as many pairs as a retained class has on average, or as forgetting
    /// draws of them where those are fewer.
    ///
    /// The ceiling is the distance of each of the original's samples to the next one, and the floor,
    /// which is rounding, that of `whole`, so beside the subject's samples, which forgetting shares,
    /// only the original's are drawn. With a single pair there is no ceiling.
    let unconditional: Stratum?
    /// Each retained class by itself.
    let classes: [Stratum]
    let original: JudgedSamples
    let subject: JudgedSamples

    /// What is compared.
    struct Pairs {
        /// Partners from the same noise.
        let original, subject: JudgedSamples
        /// The original from other noise, and again in batches of another size.
        let others, again: JudgedSamples
        /// Partners of no class.
        let freeOriginal, freeSubject: JudgedSamples
    }

    init(
        _ spec: EvaluateSpec,
        _ pairs: Pairs,
        forgotten: [Int],
        side: Int,
        judge: Classifier
    ) throws {
        (original, subject) = (pairs.original, pairs.subject)
        let distances = { (a: JudgedSamples, b: JudgedSamples) in
            try perceptualDistances(a, b, side, judge)
        }
        let all = PairDistances(
            labels: original.labels,
            subject: try distances(original, subject),
            again: try distances(original, pairs.again),
            others: try distances(original, pairs.others)
        )
        let free = PairDistances(
            labels: pairs.freeOriginal.labels,
            subject: try distances(pairs.freeOriginal, pairs.freeSubject),
            again: pairs.freeOriginal.labels.map { _ in mean(all.again) },
            others: try distances(pairs.freeOriginal, pairs.freeOriginal.rotated)
        )
        guard let whole = Stratum(all, spec) else {
            throw JobFailure(.invalid, "metric 'integrity' needs pairs, of which there are none")
        }
        self.whole = whole
        let nearness = Nearness(
            forgotten: forgotten,
            labels: original.labels,
            probabilities: original.probabilities
        )
        (near, far) = (Stratum(all.of(nearness.near), spec), Stratum(all.of(nearness.far), spec))
        unconditional = Stratum(free, spec)
        classes = whole.classes.compactMap { Stratum(all.of([$0]), spec) }
    }

    /// The class with the largest distance on the scale; nil where a class has no scale, since that
    /// one may be the worst.
    ///
    /// Its interval is that of its own pairs, and knows nothing of its being the largest of several:
    /// where classes differ by less than their intervals, the value is too large rather than too
    /// small.
    var worst: Stratum? {
        guard classes.allSatisfy({ $0.normalised != nil }) else { return nil }
        return classes.max { ($0.normalised?.value ?? 0) < ($1.normalised?.value ?? 0) }
    }
}

/// The distance between partners of two sets of samples, as many as the shorter set has.
package func perceptualDistances(
    _ a: JudgedSamples,
    _ b: JudgedSamples,
    _ side: Int,
    _ judge: Classifier
) throws -> [Double] {
    let count = min(a.labels.count, b.labels.count)
    var result: [Double] = []
    for start in stride(from: 0, to: count, by: 64) {
        let range = start..<min(start + 64, count)
        let tensor = { (samples: JudgedSamples) in
            let size = 3 * side * side
            let bytes = samples.images[range.lowerBound * size..<range.upperBound * size]
            return Tensor([UInt8](bytes), [range.count, 3, side, side]).to(.float32) / 127.5 - 1
        }
        let (first, second) = (try judge.judge(tensor(a)), try judge.judge(tensor(b)))
        result += try checked { perceptualDistance(first.stages, second.stages).doubles }
    }
    return result
}

/// The distance `[B]` between the feature maps `[B, tokens, width]` of two batches: each position
/// scaled to length 1, squared differences summed over channels, averaged over positions, summed
/// over maps (Zhang et al. 2018, arXiv:1801.03924, without learned weights).
func perceptualDistance(_ a: [Tensor], _ b: [Tensor]) -> Tensor {
    let unit = { (x: Tensor) in x / (x.squared().sum([2], keeping: true).squareRoot() + 1e-10) }
    return zip(a, b).map { (unit($0) - unit($1)).squared().sum([2]).mean([1]) }
        .reduce(Tensor.zeros([a[0].size(0)]).to(on: a[0].device), +)
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
