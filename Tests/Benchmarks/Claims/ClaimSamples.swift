import Datasets
import Evaluation
import Jobs
import Statistics
import Tensors
import Training

/// Samples of a model with their class labels, and what real images of those classes look like.
struct ClaimSamples {
    let drawn: JudgedSamples
    let fid: Double
    private let real: Moments

    /// Whether the judge sees each sample as the class asked for.
    var hits: [Double] { zip(drawn.labels, drawn.seen).map { $0 == $1 ? 1 : 0 } }
    var width: Int { drawn.features.count / drawn.labels.count }

    init(_ drawn: JudgedSamples, against real: Moments) throws {
        (self.drawn, self.real) = (drawn, real)
        var moments = Moments(width: real.width)
        moments.add(drawn.features)
        fid = try frechetDistance(moments, real)
    }

    /// The Fréchet distance of the rows that a bootstrap drew.
    func fid(of rows: [Int]) throws -> Double {
        var moments = Moments(width: width)
        moments.add(rows.flatMap { drawn.features[$0 * width..<($0 + 1) * width] })
        return try frechetDistance(moments, real)
    }

    var numbers: [String: JSON] {
        [
            "fid_clf": .double(rounded(fid)), "accuracy": .double(rounded(drawn.accuracy)),
            "samples": .int(drawn.labels.count),
        ]
    }

    /// How much more this has than `other`, drawn from the same noise for the same labels: paired
    /// bootstrap intervals over samples, whose classes stay in proportion.
    func differences(from other: ClaimSamples) throws -> [String: JSON] {
        let resampling = Resampling(drawn.labels, drawingGroups: false, seed: 1)
        let (own, theirs) = (hits, other.hits)
        let gains = zip(own, theirs).map { $0 - $1 }
        var (fids, accuracies): ([Double], [Double]) = ([], [])
        for round in 0..<ClaimBench.rounds / 2 {
            let rows = resampling.indices(round: round)
            fids.append(try fid(of: rows) - other.fid(of: rows))
            accuracies.append(rows.reduce(0) { $0 + gains[$1] } / Double(rows.count))
        }
        let accuracy = drawn.accuracy - other.drawn.accuracy
        return [
            "fid_clf_difference": Interval(value: fid - other.fid, percentilesOf: fids).json,
            "accuracy_difference": Interval(value: accuracy, percentilesOf: accuracies).json,
        ]
    }
}

extension ClaimBench {
    /// Samples of `model` for `labels`; sample i has index `first` + i.
    func samples(
        _ model: DiffusionModel,
        _ sampler: SamplerSpec,
        labels: [Int],
        first: Int = 0,
        seed: Int = 0,
        batchSize: Int = 64
    ) throws -> JudgedSamples {
        var set = SampleSet(model, sampler, labels: labels, first: first)
        for start in stride(from: 0, to: labels.count, by: batchSize) {
            let places = start..<min(start + batchSize, labels.count)
            try set.draw(places, seed: seed, judge: judge)
        }
        return set.samples
    }

    /// The moments of the judge's features of fresh images of `classes`.
    func real(_ classes: Set<Int>, limit: Int = .max) throws -> Moments {
        var moments: Moments?
        let indices = fresh.indices(ofClasses: classes).prefix(limit)
        for start in stride(from: 0, to: indices.count, by: 128) {
            let batch = Array(indices[start..<min(start + 128, indices.count)])
            let pixels = Tensor(fresh.pixels(batch), [batch.count, 3, Self.side, Self.side])
            let features = try judge.judge(pixels).features
            var sums = moments ?? Moments(width: features.size(1))
            sums.add(features.doubles)
            moments = sums
        }
        return moments ?? Moments(width: 1)
    }

    /// Classes in turn, `count` of them.
    func labels(_ count: Int, of classes: [Int] = Array(Shapes.classes.indices)) -> [Int] {
        (0..<count).map { classes[$0 % classes.count] }
    }
}
