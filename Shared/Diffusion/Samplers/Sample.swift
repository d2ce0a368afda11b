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
    let levels = (0...spec.steps).map { schedule.logSNR(1 - Double($0) / Double(spec.steps)) }
    return withoutGradients {
        switch spec.kind {
        case .ddim: ddim(noise.initial, through: levels, with: denoiser)
        case .ancestral:
            ancestral(noise, through: levels, varianceMix: spec.varianceMix, with: denoiser)
        }
    }
}
