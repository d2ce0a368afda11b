import Checkpoints
public import Datasets
import Jobs
public import Tensors

extension DiffusionModel {
    /// Requires that `dataset` has this model's image size and classes.
    ///
    /// - Throws: `JobFailure` of class `invalid` naming both.
    public func requireFit(_ dataset: Dataset) throws {
        guard configuration.resolution == dataset.resolution else {
            throw JobFailure(
                .invalid,
                "the model makes images of \(configuration.resolution) pixels, the dataset has "
                    + "\(dataset.resolution); give a dataset of the model's size"
            )
        }
        guard configuration.classes == dataset.classes else {
            throw JobFailure(
                .invalid,
                "the model's classes are \(configuration.classes), the dataset's "
                    + "\(dataset.classes); give the dataset that the model was trained on"
            )
        }
    }

    /// The images at `indices`, `[B, 3, resolution, resolution]` in [−1, 1].
    public func batch(_ dataset: Dataset, _ indices: [Int], mirrored: [Bool]? = nil) -> Tensor {
        Tensor(
            dataset.pixels(indices, mirrored: mirrored),
            [indices.count, 3, dataset.resolution, dataset.resolution]
        ).to(on: plan.device)
    }

    /// `labels` as a tensor `[B]`, each replaced by no class with probability `rate`.
    public func labels(
        _ labels: [Int],
        dropping rate: Double = 0,
        using generator: Generator
    ) -> Tensor {
        let draws = Tensor.uniform([labels.count], using: generator).doubles
        let kept = zip(labels, draws).map { label, draw in draw < rate ? nullClass : label }
        return Tensor(kept, [labels.count]).to(on: plan.device)
    }
}

extension Dictionary where Key == String {
    /// The same values under names that begin with `prefix`.
    public func prefixed(_ prefix: String) -> Self {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }
}
