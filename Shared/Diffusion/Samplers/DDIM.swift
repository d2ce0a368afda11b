public import Tensors

/// Turns noise into data, one level after the other, without adding new noise; the last step
/// returns the predicted data.
///
/// Song et al. 2021, arXiv:2010.02502, equation 12 with eta = 0.
public func ddim(_ noise: Tensor, through logSNRs: [Double], with denoiser: Denoiser) -> Tensor {
    var x = noise
    for (current, next) in zip(logSNRs, logSNRs.dropFirst().dropLast()) {
        x = Transition.ddim(from: current, to: next)(x, data: denoiser(x, current))
    }
    return denoiser(x, logSNRs[logSNRs.count - 2])
}
