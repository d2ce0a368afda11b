public import Tensors

/// The mean squared error of the noise that the predicted velocity implies.
///
/// Hoogeboom et al. 2023, arXiv:2301.11093: unweighted, so the schedule is the weighting. With
/// `multiscale`, every side of 32, 64, … pixels that divides the image's, and the image's own, adds
/// the error average-pooled to it with weight 1 / side (section 3.2).
public func epsilonLoss(
    _ data: Tensor,
    _ noise: Tensor,
    _ level: NoiseLevel,
    multiscale: Bool = false,
    network: VelocityNetwork
) -> Tensor {
    let noised = level.noised(data, noise)
    let error = noise - level.noise(noised, velocity: network(noised, level.logSNR))
    let side = data.size(3)
    guard multiscale, side > 32 else { return error.squared().mean() }
    let pooled = sequence(first: 32) { $0 * 2 }.prefix { $0 < side }
    let sides = pooled.filter { side.isMultiple(of: $0) } + [side]
    return sides.map { scale in
        error.averagePooled(side / scale).squared().mean() * (1 / Double(scale))
    }.reduce(Tensor.zeros([]).to(on: data.device), +)
}
