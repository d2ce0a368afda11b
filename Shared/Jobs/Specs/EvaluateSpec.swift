/// Measures a checkpoint. Inputs: `subject`; `classifier` and `dataset`; `original` for integrity.
public struct EvaluateSpec: Codable, Equatable, Sendable {
    public enum Metric: String, Choice {
        /// Fréchet distance to the dataset in the classifier's features.
        case fid
        /// Share of samples that the classifier sees as the class they were asked for.
        case accuracy
        /// Perceptual distance between subject and original on the same seeds.
        case integrity
        /// What became of the forgotten classes.
        case forgetting
    }

    public var metrics: [Metric] = [.fid, .accuracy]
    public var samples = 1_024
    /// Pairs of integrity, spread over the retained classes.
    public var pairs = 256
    public var sampler = SamplerSpec()
    public var seed = 0
    public var batchSize = 64
    /// Classes that the subject was made to forget.
    public var forget: [String] = []
    public var bootstrapRounds = 1_000
    /// Step counts to draw one more grid of samples with, each from the same noise.
    public var gridSteps: [Int] = []
    /// Batches between snapshots; 0 for none but those the clock asks for.
    public var snapshotEverySteps = 0
    /// Seconds between snapshots.
    public var snapshotEverySeconds = 300.0

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require(
            !metrics.isEmpty && Set(metrics).count == metrics.count,
            "metrics",
            metrics.map(\.rawValue),
            "a list of distinct metrics of \(Metric.allCases.map(\.rawValue))"
        )
        problems.require("samples", samples, in: 2...1_000_000)
        problems.require("pairs", pairs, in: 2...1_000_000)
        problems.include("sampler", sampler.problems())
        problems.require("seed", seed, in: 0...Int.max)
        problems.require("batch_size", batchSize, in: 1...65_536)
        problems.require(
            gridSteps.count <= 16 && gridSteps.allSatisfy { (1...4_096).contains($0) },
            "grid_steps",
            gridSteps,
            "at most 16 step counts from 1 to 4096"
        )
        problems.require("snapshot_every_steps", snapshotEverySteps, in: 0...100_000_000)
        problems.require("snapshot_every_seconds", snapshotEverySeconds, in: 1...86_400)
        problems.require("bootstrap_rounds", bootstrapRounds, in: 10...1_000_000)
        problems.require(
            !metrics.contains(.forgetting) || !forget.isEmpty,
            "forget",
            forget,
            "the forgotten classes, for the forgetting metric"
        )
        problems.require(
            Set(forget).count == forget.count,
            "forget",
            forget,
            "a list without repetitions"
        )
        return problems
    }
}

/// The indices of the classes named `forget` among `classes`.
///
/// - Throws: `SpecError` for a class that does not exist, and for a list of every class.
public func resolveForget(_ forget: [String], classes: [String]) throws(SpecError) -> [Int] {
    var indices: [Int] = []
    for name in forget {
        guard let index = classes.firstIndex(of: name) else {
            throw SpecError(
                "forget names '\(name)', which is not a class; the classes are "
                    + classes.joined(separator: ", ")
            )
        }
        indices.append(index)
    }
    guard Set(indices).count < classes.count else {
        throw SpecError("forget names every class; leave at least one to retain")
    }
    return indices
}
