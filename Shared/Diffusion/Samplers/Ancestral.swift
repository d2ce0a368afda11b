import Foundation
public import Tensors

/// Turns noise into data by sampling each level given the one before and the predicted data; the
/// last step returns the predicted data.
///
/// Ho et al. 2020, arXiv:2006.11239, algorithm 2. The variance lies between the posterior's
/// (`varianceMix` 0) and the forward step's (1), mixed in the logarithm (Nichol & Dhariwal 2021,
/// arXiv:2102.09672, equation 15).
public func ancestral(
    _ noise: SampleNoise,
    through logSNRs: [Double],
    varianceMix: Double,
    with denoiser: Denoiser
) -> Tensor {
    var x = noise.initial
    for (step, (current, next)) in zip(logSNRs, logSNRs.dropFirst().dropLast()).enumerated() {
        let data = denoiser(x, current)
        let transition = Posterior(from: current, to: next, varianceMix: varianceMix)
        x =
            x * transition.noisedWeight + data * transition.dataWeight
            + noise.step(step) * transition.deviation
    }
    return denoiser(x, logSNRs[logSNRs.count - 2])
}

/// The Gaussian q(z_s | z_t, data): mean and deviation as numbers, in float64.
///
/// With c = 1 − e^(λt − λs): mean = alpha_s (z_t (1 − c) / alpha_t + c · data), variance between
/// sigma_s² c and sigma_t² c (arXiv:2107.00630, appendix A).
public struct Posterior {
    public let noisedWeight: Double
    public let dataWeight: Double
    public let deviation: Double

    /// * `current`: logSNR of z_t.
    /// * `next`: logSNR of z_s, larger; infinity stands for clean data, which is returned exactly.
    public init(from current: Double, to next: Double, varianceMix: Double = 0) {
        let c = -expm1(current - next)
        let alpha = sigmoid(next).squareRoot()
        noisedWeight = alpha * (1 - c) / sigmoid(current).squareRoot()
        dataWeight = alpha * c
        guard next < .infinity else {
            deviation = 0
            return
        }
        let (lower, upper) = (sigmoid(-next) * c, sigmoid(-current) * c)
        deviation =
            c <= 0 ? 0 : exp(0.5 * (varianceMix * log(upper) + (1 - varianceMix) * log(lower)))
    }
}

/// Draws z_s from q(z_s | z_t, data) for each example of a batch with times of its own.
///
/// * `noised`: z_t, `[B, C, H, W]`.
/// * `noise`: N(0, 1) draws of the same shape.
/// * `levels`: for each example the logSNR of z_t and of z_s.
public func posteriorSample(
    _ noised: Tensor,
    data: Tensor,
    noise: Tensor,
    levels: [(current: Double, next: Double)]
) -> Tensor {
    let steps = levels.map { Posterior(from: $0.current, to: $0.next) }
    let device = noised.device
    return noised * perExample(steps.map(\.noisedWeight), on: device)
        + data * perExample(steps.map(\.dataWeight), on: device)
        + noise * perExample(steps.map(\.deviation), on: device)
}
