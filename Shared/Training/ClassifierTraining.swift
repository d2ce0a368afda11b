public import Checkpoints
public import Datasets
public import Jobs
import Networks
import Tensors

/// Trains the classifier by cross entropy, on mirrored and shifted images; the share `held_out` of
/// them, rounded down but at least one, is drawn by the seed and kept aside to measure accuracy.
public struct ClassifierTraining: Steps {
    private let spec: ClassifierSpec
    private let dataset: Dataset
    private let classifier: Classifier
    private let optimizer: Optimizer
    private let heldOut: [Int]
    private let division: Division
    private var order: BatchOrder

    /// - Throws: `JobFailure` of class `invalid` where the network does not fit the images.
    public init(
        _ spec: ClassifierSpec,
        _ dataset: Dataset,
        division: Division = Division()
    ) throws {
        var configuration = Checkpoint.Configuration(
            architecture: .vit,
            resolution: dataset.resolution,
            classes: dataset.classes
        )
        configuration.classifier = spec
        classifier = try Classifier(
            configuration,
            seed: spec.work.seed,
            plan: ComputePlan(spec.work.precision)
        )
        classifier.parameters.setRequiresGradient(true)
        optimizer = Optimizer(classifier.parameters.named, spec.optimizer, steps: spec.work.steps)
        let shuffled = BatchOrder.permutation(of: dataset.count, seed: spec.work.seed)
        let aside = max(1, Int(spec.heldOut * Double(dataset.count)))
        guard dataset.count > aside else {
            throw JobFailure(
                .invalid,
                "the dataset has \(dataset.count) images; too few to hold out"
            )
        }
        heldOut = Array(shuffled.prefix(aside))
        order = BatchOrder(
            Array(shuffled.dropFirst(aside)),
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
            let labels = Tensor(indices.map { dataset.labels[$0] }, [indices.count])
                .to(on: classifier.plan.device)
            return (shifted(images(indices, mirrored), by: spec.shift, using: generator), labels)
        }
        let (values, norm) = try division.descend(optimizer, indices.count, after: index) { range in
            let (logits, labels) = (classifier.logits(batch[range]), labels[range])
            let correct = logits.indexOfMaximum(1).equals(labels).to(.float32).mean()
            return [logits.crossEntropy(labels), correct]
        }
        return ["loss": values[0], "accuracy": values[1], "gradient_norm": norm]
    }

    /// The share of held-out images that are classified rightly.
    public func accuracy() throws -> Double {
        var right = 0.0
        for start in stride(from: 0, to: heldOut.count, by: 256) {
            let indices = Array(heldOut[start..<min(start + 256, heldOut.count)])
            let labels = Tensor(indices.map { dataset.labels[$0] }, [indices.count])
            let judged = try classifier.judge(images(indices, nil)).probabilities
            right += try checked {
                judged.indexOfMaximum(1).to(on: .cpu).equals(labels).to(.float64).sum().item
            }
        }
        return right / Double(heldOut.count)
    }

    public func snapshot(after done: Int) -> Snapshot {
        var tensors = optimizer.state("optimizer")
        for (name, tensor) in classifier.parameters.named { tensors["weights." + name] = tensor }
        return Snapshot(step: done, tensors: tensors)
    }

    public mutating func restore(_ snapshot: Snapshot) throws {
        try optimizer.restore("optimizer", from: snapshot.tensors)
        try restoreTensors(classifier.parameters.named.prefixed("weights."), from: snapshot.tensors)
    }

    public var checkpoint: Checkpoint {
        Checkpoint(classifier.configuration, weights: classifier.parameters.named)
    }

    private func images(_ indices: [Int], _ mirrored: [Bool]?) -> Tensor {
        Tensor(
            dataset.pixels(indices, mirrored: mirrored),
            [indices.count, 3, dataset.resolution, dataset.resolution]
        ).to(on: classifier.plan.device)
    }
}

/// The whole batch moved by up to `limit` pixels each way, wrapping around the edges.
private func shifted(_ images: Tensor, by limit: Int, using generator: Generator) -> Tensor {
    guard limit > 0 else { return images }
    let moves = Tensor.integers(below: 2 * limit + 1, [2], using: generator).integers
    return images.rolled([moves[0] - limit, moves[1] - limit], axes: [2, 3])
}
