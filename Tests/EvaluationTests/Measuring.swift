import Checkpoints
import Datasets
import Evaluation
import Foundation
import Jobs
import ModelSupport
import Store
import Tensors
import Training

/// Models and evaluations that take no time.
extension EvaluationTests {
    /// Its output depends on the class it is asked for.
    func model(seed: Int) throws -> DiffusionModel {
        try smallModel(
            dataset,
            moved: ["out.weight"]
                + ["conv2", "modulation"].map { "levels.0.up.0.\($0).weight" },
            seed: seed,
            noise: UInt64(seed),
            deviation: 0.2
        )
    }

    /// A classifier after a few steps, as a checkpoint of `store`, its weights times `factor`.
    func judge(_ store: ArtifactStore, times factor: Double = 1) throws -> Classifier {
        var spec = ClassifierSpec()
        (spec.width, spec.depth, spec.headWidth) = (32, 2, 16)
        spec.work = WorkSpec(steps: 3, batchSize: 8)
        var training = try ClassifierTraining(spec, dataset)
        _ = try run(&training, spec.work, RunControl(store: store))
        let made = training.checkpoint
        let weights = made.weights.mapValues { tensor in withoutGradients { tensor * factor } }
        let scaled = Checkpoint(made.configuration, weights: weights)
        return try Classifier(scaled.save(in: store).digest, in: store)
    }

    func withStore<Result>(_ body: (ArtifactStore) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(ArtifactStore(url: folder.absoluteString))
    }

    func evaluation(
        _ subject: DiffusionModel,
        _ original: DiffusionModel?,
        _ store: ArtifactStore,
        _ metrics: [EvaluateSpec.Metric] = [.fid, .accuracy, .integrity, .forgetting]
    ) throws -> Evaluation {
        var spec = EvaluateSpec()
        spec.metrics = metrics
        (spec.samples, spec.pairs, spec.batchSize, spec.bootstrapRounds) = (28, 28, 16, 50)
        spec.sampler = SamplerSpec(kind: .ddim, steps: 3)
        (spec.forget, spec.gridSteps, spec.snapshotEverySteps) = (["star"], [1], 1)
        return try Evaluation(
            spec,
            subject: subject,
            original: original,
            judge: judge(store),
            dataset: dataset
        )
    }
}
