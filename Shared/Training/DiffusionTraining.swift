public import Checkpoints
public import Datasets
import Diffusion
public import Jobs
import Networks
import Tensors

/// Trains a diffusion model: simple diffusion (arXiv:2301.11093) and Simpler Diffusion
/// (arXiv:2410.19324).
public struct DiffusionTraining: Steps {
    private let spec: DiffusionSpec
    private let dataset: Dataset
    private let model: DiffusionModel
    private let optimizer: Optimizer
    private let average: RunningAverage
    private let division: Division
    private var order: BatchOrder

    /// - Throws: `JobFailure` of class `invalid` where the network does not fit the images.
    public init(
        _ spec: DiffusionSpec,
        _ dataset: Dataset,
        division: Division = Division()
    ) throws {
        var configuration = Checkpoint.Configuration(
            architecture: .uvit,
            resolution: dataset.resolution,
            classes: dataset.classes
        )
        (configuration.network, configuration.schedule) = (spec.network, spec.schedule)
        model = try DiffusionModel(
            configuration,
            seed: spec.work.seed,
            plan: ComputePlan(spec.work.precision)
        )
        model.parameters.setRequiresGradient(true)
        optimizer = Optimizer(model.parameters.named, spec.optimizer, steps: spec.work.steps)
        average = RunningAverage(of: model.parameters.named, decay: spec.ema)
        order = BatchOrder(
            Array(dataset.labels.indices),
            batchSize: spec.work.batchSize,
            seed: spec.work.seed
        )
        (self.spec, self.dataset, self.division) = (spec, dataset, division)
    }

    public mutating func step(_ index: Int) throws -> [String: Double] {
        let indices = order.indices(step: index)
        let mirrored = spec.flip ? order.mirrored(step: index) : nil
        let generator = Generator(seed: UInt64(spec.work.seed), step: index)
        let (batch, labels) = try checked {
            let data = model.batch(dataset, indices, mirrored: mirrored)
            let labels = model.labels(
                indices.map { dataset.labels[$0] },
                dropping: spec.labelDropout,
                using: generator
            )
            return (NoisedBatch(data, using: generator), labels)
        }
        let dropout = division.dropout(generator, seed: spec.work.seed, step: index)
        let (values, norm) = try division.descend(optimizer, indices.count, after: index) { range in
            [
                diffusionLoss(spec.loss, batch[range], model.schedule) { noised, logSNR in
                    model.velocity(noised, logSNR, labels[range], dropout: dropout)
                }
            ]
        }
        try checked { average.update(model.parameters.named, after: index) }
        return ["loss": values[0], "gradient_norm": norm].merging(model.plan.values) { a, _ in a }
    }

    public func snapshot(after done: Int) -> Snapshot {
        var tensors = optimizer.state("optimizer")
        for (name, tensor) in model.parameters.named { tensors["weights." + name] = tensor }
        for (name, tensor) in average.tensors { tensors["average." + name] = tensor }
        return Snapshot(step: done, tensors: tensors)
    }

    public mutating func restore(_ snapshot: Snapshot) throws {
        try optimizer.restore("optimizer", from: snapshot.tensors)
        try restoreTensors(model.parameters.named.prefixed("weights."), from: snapshot.tensors)
        try restoreTensors(average.tensors.prefixed("average."), from: snapshot.tensors)
    }

    /// The averaged weights.
    public var checkpoint: Checkpoint { model.checkpoint(average.tensors) }
}
