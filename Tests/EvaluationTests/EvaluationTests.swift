import Checkpoints
import Datasets
import Evaluation
import Foundation
import Jobs
import Networks
import Store
import Tensors
import Testing
import Training

/// Integrity on models whose answer is known without training.
@Suite(.serialized) struct EvaluationTests {
    let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)

    init() { Engine.threads = 1 }

    private func model(seed: Int) throws -> DiffusionModel {
        var configuration = Checkpoint.Configuration(
            architecture: .uvit,
            resolution: 16,
            classes: dataset.classes
        )
        var network = NetworkSpec()
        (network.patch, network.widths, network.levels) = (2, [16, 32], [.residual])
        (network.blocks, network.middleBlocks, network.embedding) = ([1], 1, 32)
        (network.headWidth, network.dropout) = (16, [0, 0])
        (configuration.network, configuration.schedule) = (network, ScheduleSpec())
        let model = try DiffusionModel(configuration, seed: seed, plan: ComputePlan(.fp32))
        let generator = Generator(seed: UInt64(seed))
        guard let out = model.parameters["out.weight"] else { return model }
        out.copy(from: Tensor.normal(out.shape, using: generator) * 0.2)
        return model
    }

    /// A classifier after a few steps, as a checkpoint of `store`.
    private func judge(_ store: ArtifactStore) throws -> Classifier {
        var spec = ClassifierSpec()
        (spec.width, spec.depth, spec.headWidth) = (32, 2, 16)
        spec.work = WorkSpec(steps: 3, batchSize: 8)
        var training = try ClassifierTraining(spec, dataset)
        _ = try run(&training, spec.work, RunControl(store: store))
        return try Classifier(training.checkpoint.save(in: store).digest, in: store)
    }

    private func metrics(_ subject: DiffusionModel, _ original: DiffusionModel) throws -> [String:
        Double]
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try ArtifactStore(url: folder.absoluteString)
        var spec = EvaluateSpec()
        spec.metrics = [.fid, .accuracy, .integrity, .forgetting]
        (spec.samples, spec.pairs, spec.batchSize, spec.bootstrapRounds) = (28, 28, 16, 50)
        spec.sampler = SamplerSpec(kind: .ddim, steps: 3)
        spec.forget = ["star"]
        let evaluation = try Evaluation(
            spec,
            subject: subject,
            original: original,
            judge: judge(store),
            dataset: dataset,
            store: store
        ) {}
        #expect(Set(evaluation.outputs.map(\.name)) == ["samples", "report"])
        return Dictionary(uniqueKeysWithValues: evaluation.metrics.map { ($0.name, $0.value) })
    }

    /// The same model from the same noise: distance at the floor. The ceiling, from other noise,
    /// lies above. The floor is rounding, since batches of other sizes add up in another order.
    @Test func `a model that has not changed keeps its integrity`() throws {
        let model = try model(seed: 1)
        let metrics = try metrics(model, model)
        #expect(metrics["integrity_featdist"] == 0)
        #expect(try #require(metrics["integrity_floor"]) < 1e-5)
        #expect(try #require(metrics["integrity_ceiling"]) > 1e-3)
        #expect(abs(try #require(metrics["integrity_normalised"])) < 1e-2)
    }

    @Test func `another model has lost it, and every metric is a number`() throws {
        let metrics = try metrics(model(seed: 2), model(seed: 1))
        #expect(try #require(metrics["integrity_featdist"]) > 1e-3)
        #expect(metrics.count == 11)
        #expect(metrics.values.allSatisfy { $0.isFinite })
        #expect((0...1).contains(try #require(metrics["unlearning_accuracy"])))
    }
}
