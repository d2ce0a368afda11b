import Checkpoints
public import Datasets
import Jobs
import Networks
import Tensors
public import Training

/// An untrained U-ViT of 16 × 16 pixels for `dataset`, the same each time.
///
/// Its weights named `moved`, zero in a new network, are drawn with this `deviation`, so that its
/// output is not zero. Models differ by `seed` and by the `noise` of those draws.
public func smallModel(
    _ dataset: Dataset,
    moved: [String],
    seed: Int = 1,
    noise: UInt64 = 4,
    deviation: Double = 0.1
) throws -> DiffusionModel {
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
    let generator = Generator(seed: noise)
    for name in moved {
        guard let tensor = model.parameters[name] else { continue }
        tensor.copy(from: Tensor.normal(tensor.shape, using: generator) * deviation)
    }
    return model
}
