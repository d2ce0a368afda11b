public import Tensors

/// Turns noise into data by steps between deterministic (`stochasticity` 0, DDIM) and ancestral (1)
/// ones; the last step returns the predicted data. See `Transition.mixed`.
public func stochasticDDIM(
    _ noise: SampleNoise,
    through logSNRs: [Double],
    stochasticity: Double,
    with denoiser: Denoiser
) -> Tensor {
    walk(noise, through: logSNRs, with: denoiser) { current, next in
        .mixed(from: current, to: next, stochasticity: stochasticity)
    }
}
