public import Checkpoints
public import Datasets
import Diffusion
public import Jobs
import Networks
import Tensors
public import Training

/// Makes a model forget classes: one of four methods over the same batches and noise levels.
///
/// The methods of Schioppa et al. 2024, arXiv:2411.02068, are reconstructions: the paper's text
/// says that Saddle joins a forget and an integrity loss without a target for forgotten prompts,
/// and that OVW takes two gradient steps towards a given target; the losses here are ours.
public struct Unlearning: Steps {
    let spec: UnlearnSpec
    let original: DiffusionModel
    let model: DiffusionModel
    let forgotten: [Int]
    let retained: [Int]
    var source: ExampleSource
    let optimizer: Optimizer
    /// Of the second step of `overwrite`.
    let retainOptimizer: Optimizer
    let division: Division
    /// Of `saddle`: the multiplier, and the running average of the forgotten examples' rise.
    var (dual, rise): (Double, Double)

    /// Draws the samples of the original where the method trains on those, always the same ones.
    ///
    /// - Parameters:
    ///   - spec: which classes, which method.
    ///   - original: the model that is to forget.
    ///   - dataset: images, where the method needs them.
    ///   - division: how batches are divided.
    ///   - drawn: told how many of all samples are drawn; what it throws ends the drawing.
    /// - Throws: `SpecError` for classes that do not exist; `JobFailure` of class `invalid` where
    ///   model and dataset differ; what `drawn` throws.
    public init(
        _ spec: UnlearnSpec,
        original: DiffusionModel,
        dataset: Dataset?,
        division: Division = Division(),
        drawn: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        self.division = division
        let classes = original.configuration.classes
        forgotten = try resolveForget(spec.forget, classes: classes)
        retained = classes.indices.filter { [forgotten] in !forgotten.contains($0) }
        source = try ExampleSource(
            spec,
            original,
            dataset,
            forgotten: forgotten,
            retained: retained,
            drawn: drawn
        )
        model = try original.copy()
        var trained = model.parameters.named
        if spec.freezeClassEmbedding { trained["class.embedding"] = nil }
        for tensor in trained.values { tensor.requiresGradient = true }
        optimizer = Optimizer(trained, spec.optimizer, steps: spec.work.steps)
        retainOptimizer = Optimizer(trained, spec.optimizer, steps: spec.work.steps)
        (dual, rise) = (spec.dualInitial, 0)
        (self.spec, self.original) = (spec, original)
    }

    public mutating func step(_ index: Int) throws -> [String: Double] {
        let generator = Generator(seed: UInt64(spec.work.seed), step: index)
        switch spec.method {
        case .saddle: return try saddleStep(index, generator)
        case .overwrite: return try overwriteStep(index, generator)
        case .gradientAscent: return try ascentStep(index, generator)
        case .retainFinetune: return try finetuneStep(index, generator)
        }
    }

    public func snapshot(after done: Int) -> Snapshot {
        let tensors = model.parameters.named.prefixed("weights.")
            .merging(optimizer.state("optimizer")) { a, _ in a }
            .merging(retainOptimizer.state("retain_optimizer")) { a, _ in a }
        return Snapshot(step: done, tensors: tensors, numbers: ["dual": dual, "rise": rise])
    }

    public mutating func restore(_ snapshot: Snapshot) throws {
        try restoreTensors(model.parameters.named.prefixed("weights."), from: snapshot.tensors)
        try optimizer.restore("optimizer", from: snapshot.tensors)
        try retainOptimizer.restore("retain_optimizer", from: snapshot.tensors)
        (dual, rise) = (snapshot.numbers["dual"] ?? dual, snapshot.numbers["rise"] ?? rise)
    }

    public var checkpoint: Checkpoint { model.checkpoint(model.parameters.named) }
}
