import Foundation
public import Tensors

/// DDIM with each step's predicted noise enlarged by the variance that the predicted data, a mean,
/// lacks; the last step returns the predicted data.
///
/// aDDIM: Heek et al. 2024, arXiv:2403.06807, section 3.3:
/// z_s = alpha_s · data + √(sigma_s² + (alpha_s − alpha_t sigma_s / sigma_t)² V / mean(noise²)) · noise
/// with the mean over each image by itself.
///
/// * `variance`: V, the variance of a pixel given z_t, by logSNR.
public func adjustedDDIM(
    _ noise: Tensor,
    through logSNRs: [Double],
    variance: (_ logSNR: Double) -> Double = analyticVariance,
    with denoiser: Denoiser
) -> Tensor {
    var x = noise
    for (current, next) in zip(logSNRs, logSNRs.dropFirst().dropLast()) {
        let level = NoiseLevel(current, count: x.size(0), on: x.device)
        let data = denoiser(x, current)
        let predicted = level.noise(x, data: data)
        let weight = Transition.ddim(from: current, to: next).dataWeight
        let missing =
            weight * weight * variance(current)
            / predicted.squared().mean([1, 2, 3], keeping: true)
        x = data * sigmoid(next).squareRoot() + predicted * (missing + sigmoid(-next)).squareRoot()
    }
    return denoiser(x, logSNRs[logSNRs.count - 2])
}

/// A tenth of the posterior variance of data from N(0, 0.5): 0.1 / (2 + e^logSNR)
/// (arXiv:2403.06807, section 3.3).
public func analyticVariance(_ logSNR: Double) -> Double { 0.1 / (2 + exp(logSNR)) }
