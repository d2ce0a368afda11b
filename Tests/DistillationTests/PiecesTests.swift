import Checkpoints
import Datasets
import Distillation
import Jobs
import Networks
import Tensors
import Testing
import Training

@Suite(.serialized) struct PiecesTests {
    let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)

    /// The auxiliary model's step, and the student's after it; see `UnlearningTests`' pieces.
    @Test func `a batch in pieces says what the whole batch says`() throws {
        Engine.threads = 1
        var spec = DistillSpec()
        spec.work = WorkSpec(steps: 4, batchSize: 8)
        spec.work.precision = .fp32
        let values = try [1, 3].map { pieces in
            var matching = try MomentMatching(
                spec,
                teacher: model(dataset),
                dataset,
                division: Division(pieces: pieces)
            )
            return try (0..<2).map { try matching.step($0) }
        }
        for (step, tolerance) in [(0, 1e-5), (1, 1e-2)] {
            for (name, value) in values[0][step] {
                let divided = try #require(values[1][step][name])
                #expect(abs(value - divided) <= tolerance * max(0.1, abs(value)), "\(step) \(name)")
            }
        }
    }
}

/// A small model whose output is not zero.
private func model(_ dataset: Dataset) throws -> DiffusionModel {
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
    let model = try DiffusionModel(configuration, seed: 1, plan: ComputePlan(.fp32))
    let generator = Generator(seed: 4)
    for name in ["out.weight", "levels.0.up.0.conv2.weight"] {
        guard let tensor = model.parameters[name] else { continue }
        tensor.copy(from: Tensor.normal(tensor.shape, using: generator) * 0.1)
    }
    return model
}
