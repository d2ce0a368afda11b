public import Tensors

/// The ELBO weighted by sigmoid(bias − logSNR).
///
/// Hoogeboom et al. 2025, arXiv:2410.19324, equation 4, in Kingma & Gao's form (arXiv:2303.00848):
/// ½ E[−dλ/dt · sigmoid(b − λ) · ‖ε − ε̂‖²], where the error of noise is alpha² that of velocity.
public func sigmoidLoss(
    _ data: Tensor,
    _ noise: Tensor,
    _ times: [Double],
    _ schedule: Schedule,
    bias: Double,
    network: VelocityNetwork
) -> Tensor {
    let level = NoiseLevel(times.map(schedule.logSNR), on: data.device)
    let weights = zip(times, level.logSNRs).map { time, logSNR in
        -0.5 * schedule.slope(time) * sigmoid(bias - logSNR) * sigmoid(logSNR)
    }
    let velocity = network(level.noised(data, noise), level.logSNR)
    let error = (level.velocity(data, noise) - velocity).squared()
    return (perExample(weights, on: data.device) * error).mean()
}
