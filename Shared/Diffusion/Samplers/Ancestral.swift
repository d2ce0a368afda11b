public import Tensors

/// Turns noise into data by sampling each level given the one before and the predicted data; the
/// last step returns the predicted data.
///
/// Ho et al. 2020, arXiv:2006.11239, algorithm 2; `varianceMix` as in `Transition.posterior`.
public func ancestral(
    _ noise: SampleNoise,
    through logSNRs: [Double],
    varianceMix: Double,
    with denoiser: Denoiser
) -> Tensor {
    walk(noise, through: logSNRs, with: denoiser) { current, next in
        .posterior(from: current, to: next, varianceMix: varianceMix)
    }
}

/// Takes the step of `transition` from each level to the next but the last, then denoises.
func walk(
    _ noise: SampleNoise,
    through logSNRs: [Double],
    with denoiser: Denoiser,
    by transition: (_ current: Double, _ next: Double) -> Transition
) -> Tensor {
    var x = noise.initial
    for (index, (current, next)) in zip(logSNRs, logSNRs.dropFirst().dropLast()).enumerated() {
        let step = transition(current, next)
        x = step(x, data: denoiser(x, current), noise: noise.step(index))
    }
    return denoiser(x, logSNRs[logSNRs.count - 2])
}
