public import Jobs
public import Tensors

/// Draws samples `[B, C, H, W]` in [−1, 1] as `spec` says, without gradients.
///
/// Times are 1, 1 − 1/steps, … 0, as in arXiv:2301.11093.
public func sample(
    _ spec: SamplerSpec,
    _ noise: SampleNoise,
    _ schedule: Schedule,
    with denoiser: Denoiser
) -> Tensor {
    let levels = schedule.levels(steps: spec.steps)
    return withoutGradients {
        switch spec.kind {
        case .ddim: ddim(noise.initial, through: levels, with: denoiser)
        case .addim: adjustedDDIM(noise.initial, through: levels, with: denoiser)
        case .ancestral:
            ancestral(noise, through: levels, varianceMix: spec.varianceMix, with: denoiser)
        case .mixed:
            stochasticDDIM(
                noise,
                through: levels,
                stochasticity: spec.stochasticity,
                with: denoiser
            )
        }
    }
}
