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
    /// Mean distance over pairs, with its interval; 0 is untouched.
    let distance: Interval
    /// The distance that the original has to itself, drawn a second time in other batches.
    let floor: Double
    /// The distance between samples of the original from different noise.
    let ceiling: Double
    /// The distance on a scale where 0 is the floor and 1 the ceiling.
    let normalised: Interval
    let original: JudgedSamples
    let subject: JudgedSamples

    /// What is compared: partners from the same noise, the original from other noise, and the
    /// original's again in batches of another size.
    struct Pairs {
        let original: JudgedSamples
        let subject: JudgedSamples
        let others: JudgedSamples
        let again: JudgedSamples
    }

    init(_ spec: EvaluateSpec, _ pairs: Pairs, side: Int, judge: Classifier) throws {
        (original, subject) = (pairs.original, pairs.subject)
        let distances = try perceptualDistances(original, subject, side, judge)
        let apart = try perceptualDistances(original, pairs.others, side, judge)
        floor = mean(try perceptualDistances(original, pairs.again, side, judge))
        ceiling = mean(apart)
        distance = bootstrapMean(
            distances,
            groups: original.labels,
            rounds: spec.bootstrapRounds,
            seed: UInt64(spec.seed)
        )
        let scale = { [floor, ceiling] (value: Double) in
            ceiling > floor ? (value - floor) / (ceiling - floor) : 0
        }
        normalised = Interval(
            value: scale(distance.value),
            low: scale(distance.low),
            high: scale(distance.high)
        )
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
