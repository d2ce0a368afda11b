import Checkpoints
import Datasets
import Diffusion
import Jobs
import Tensors
import Training

/// The images that a method trains on: samples of the original model, or the dataset's own.
struct ExampleSource {
    private let dataset: Dataset
    private var forgetOrder: BatchOrder
    private var retainOrder: BatchOrder
    private var targetOrder: BatchOrder

    /// `drawn` is told how many samples of the original are drawn; what it throws ends the drawing.
    init(
        _ spec: UnlearnSpec,
        _ original: DiffusionModel,
        _ dataset: Dataset?,
        forgotten: [Int],
        retained: [Int],
        drawn: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        switch spec.method {
        case .saddle, .overwrite: self.dataset = try sampled(original, spec, drawn)
        case .gradientAscent, .retainFinetune:
            guard let dataset else {
                throw JobFailure(.invalid, "inputs.dataset is missing; this method needs images")
            }
            try original.requireFit(dataset)
            self.dataset = dataset
        }
        let members = { [dataset = self.dataset] (classes: [Int]) throws -> [Int] in
            let found = dataset.indices(ofClasses: Set(classes))
            guard !found.isEmpty else {
                let names = classes.map { dataset.classes[$0] }.joined(separator: ", ")
                throw JobFailure(
                    .invalid,
                    "the dataset has no image of \(names); the method needs some"
                )
            }
            return found
        }
        forgetOrder = BatchOrder(
            try members(forgotten),
            batchSize: spec.work.batchSize,
            seed: spec.work.seed
        )
        retainOrder = BatchOrder(
            try members(retained),
            batchSize: spec.work.batchSize,
            seed: spec.work.seed &+ 1
        )
        let place = try replacement(spec, original.configuration.classes)
        targetOrder = BatchOrder(
            try members(place.map { [$0] } ?? retained),
            batchSize: spec.work.batchSize,
            seed: spec.work.seed &+ 2
        )
    }

    /// The images of the classes that take the forgotten ones' place, and their labels.
    mutating func target(_ step: Int, for model: DiffusionModel) -> (data: Tensor, labels: [Int]) {
        examples(targetOrder.indices(step: step), model)
    }

    /// The images and labels of the batch of forgotten examples of `step`.
    mutating func forget(_ step: Int, for model: DiffusionModel) -> (data: Tensor, labels: [Int]) {
        examples(forgetOrder.indices(step: step), model)
    }

    /// The images and labels of the batch of retained examples of `step`.
    mutating func retain(_ step: Int, for model: DiffusionModel) -> (data: Tensor, labels: [Int]) {
        examples(retainOrder.indices(step: step), model)
    }

    private func examples(_ indices: [Int], _ model: DiffusionModel) -> (Tensor, [Int]) {
        (model.batch(dataset, indices), indices.map { dataset.labels[$0] })
    }
}

/// The class that the spec names to take the forgotten ones' place, or nil for any retained one.
private func replacement(_ spec: UnlearnSpec, _ classes: [String]) throws -> Int? {
    guard !spec.target.isEmpty else { return nil }
    guard let index = classes.firstIndex(of: spec.target) else {
        throw JobFailure(
            .invalid,
            "target is '\(spec.target)'; the classes are \(classes.joined(separator: ", "))"
        )
    }
    return index
}

/// Samples of every class, drawn from the original model; their seeds' indices begin at 2³², where
/// no evaluation draws.
private func sampled(
    _ original: DiffusionModel,
    _ spec: UnlearnSpec,
    _ drawn: (_ done: Int, _ total: Int) throws -> Void
) throws -> Dataset {
    let classes = original.configuration.classes
    let labels = (0..<spec.samplesPerClass * classes.count).map { $0 % classes.count }
    var images = ImageBytes()
    for start in stride(from: 0, to: labels.count, by: 64) {
        let places = start..<min(start + 64, labels.count)
        let batch = try original.sample(
            spec.sampler,
            labels: Array(labels[places]),
            seed: spec.work.seed,
            indices: places.map { (1 << 32) + $0 }
        )
        images.append(batch)
        try drawn(places.upperBound, labels.count)
    }
    return Dataset(
        resolution: original.configuration.resolution,
        classes: classes,
        labels: labels,
        images: images.data
    )
}
