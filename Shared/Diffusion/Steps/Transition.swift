import Foundation
public import Tensors

/// One step from z_t to the cleaner z_s, given predicted data:
/// z_s = noisedWeight · z_t + dataWeight · data + deviation · N(0, 1). All in float64 on the host.
///
/// Every step starts at a finite logSNR. Infinity as its end stands for clean data, which is then
/// returned exactly.
public struct Transition: Equatable, Sendable {
    public let noisedWeight: Double
    public let dataWeight: Double
    public let deviation: Double

    /// The Gaussian q(z_s | z_t, data).
    ///
    /// With c = 1 − e^(λt − λs): mean = alpha_s (z_t (1 − c) / alpha_t + c · data), variance from
    /// sigma_s² c, the posterior's, to sigma_t² c, the forward step's (Kingma et al. 2021,
    /// arXiv:2107.00630, appendix A), mixed in the logarithm (Nichol & Dhariwal 2021,
    /// arXiv:2102.09672, equation 15).
    ///
    /// * `current`, `next`: logSNR of z_t and of z_s.
    /// * `varianceMix`: share of the larger variance, from 0 to 1.
    public static func posterior(
        from current: Double,
        to next: Double,
        varianceMix: Double = 0
    ) -> Transition {
        let c = max(0, -expm1(current - next))
        let alpha = sigmoid(next).squareRoot()
        let (lower, upper) = (sigmoid(-next) * c, sigmoid(-current) * c)
        let variance = pow(upper, varianceMix) * pow(lower, 1 - varianceMix)
        return Transition(
            noisedWeight: alpha * (1 - c) / sigmoid(current).squareRoot(),
            dataWeight: alpha * c,
            deviation: next < .infinity ? variance.squareRoot() : 0
        )
    }

    /// The step that keeps the predicted noise: z_s = alpha_s · data + sigma_s · noise.
    ///
    /// Song et al. 2021, arXiv:2010.02502, equation 12 with eta = 0. The weight of data,
    /// alpha_s − alpha_t sigma_s / sigma_t, is written without the cancellation of short steps.
    public static func ddim(from current: Double, to next: Double) -> Transition {
        Transition(
            noisedWeight: (sigmoid(-next) / sigmoid(-current)).squareRoot(),
            dataWeight: sigmoid(next).squareRoot() * -expm1((current - next) / 2),
            deviation: 0
        )
    }

    /// A step whose mean lies between that of `ddim` (`stochasticity` 0) and that of `posterior`
    /// (1), with the deviation that keeps the marginal; the "DDIM/DDPM mix" of Google's
    /// hackable_diffusion.
    public static func mixed(
        from current: Double,
        to next: Double,
        stochasticity e: Double
    ) -> Transition {
        let r = min(1, exp((current - next) / 2))  // alpha_t sigma_s / (alpha_s sigma_t)
        let q = (sigmoid(-next) / sigmoid(-current)).squareRoot()
        let kept = e * r + (1 - e)
        return Transition(
            noisedWeight: kept * q,
            dataWeight: sigmoid(next).squareRoot() * (1 - kept * r),
            deviation: (sigmoid(-next) * (1 - kept * kept)).squareRoot()
        )
    }

    /// z_s, for images that all take this step.
    public func callAsFunction(_ noised: Tensor, data: Tensor, noise: Tensor? = nil) -> Tensor {
        let mean = noised * noisedWeight + data * dataWeight
        return noise.map { mean + $0 * deviation } ?? mean
    }

    /// The data with which a step without noise takes z_t (`noised`) to z_s (`reached`): the inverse
    /// of DDIM.
    ///
    /// Heek et al. 2024, arXiv:2403.06807, section 3. Long steps only: the error grows as
    /// 1 / dataWeight.
    public func data(from noised: Tensor, reaching reached: Tensor) -> Tensor {
        (reached - noised * noisedWeight) / dataWeight
    }
}

/// Draws z_s from q(z_s | z_t, data) for each example of a batch with levels of its own.
///
/// * `noised`: z_t, `[B, C, H, W]`.
/// * `noise`: N(0, 1) draws of the same shape.
/// * `levels`: for each example the logSNR of z_t and of z_s; infinity gives the data itself.
public func posteriorSample(
    _ noised: Tensor,
    data: Tensor,
    noise: Tensor,
    levels: [(current: Double, next: Double)]
) -> Tensor {
    let steps = levels.map { Transition.posterior(from: $0.current, to: $0.next) }
    let device = noised.device
    return noised * perExample(steps.map(\.noisedWeight), on: device)
        + data * perExample(steps.map(\.dataWeight), on: device)
        + noise * perExample(steps.map(\.deviation), on: device)
}
