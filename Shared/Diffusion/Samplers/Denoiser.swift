public import Tensors

/// A network as the samplers see it: noised images, all at one logSNR, to predicted data.
public typealias Denoiser = (_ noised: Tensor, _ logSNR: Double) -> Tensor

/// A class-conditional network: noised images, logSNR `[B]` and labels `[B]` to velocity.
public typealias ConditionalNetwork = (_ noised: Tensor, _ logSNR: Tensor, _ labels: Tensor) ->
    Tensor

/// The velocity uncond + w · (cond − uncond) of classifier-free guidance (Ho & Salimans 2022,
/// arXiv:2207.12598), both halves in one call of the network; w = 1 needs only one.
public func guidedVelocity(
    _ noised: Tensor,
    _ logSNR: Tensor,
    _ labels: Tensor,
    nullClass: Int,
    guidance: Double,
    network: ConditionalNetwork
) -> Tensor {
    guard guidance != 1 else { return network(noised, logSNR, labels) }
    let none = Tensor.full(labels.shape, Double(nullClass), .int64).to(on: labels.device)
    let both = network(
        .concatenated([noised, noised]),
        .concatenated([logSNR, logSNR]),
        .concatenated([labels, none])
    ).chunks(2, axis: 0)
    return both[1] + (both[0] - both[1]) * guidance
}

/// The denoiser of a class-conditional network.
///
/// * `labels`: one class for each image, `[B]`, int64.
/// * `nullClass`: the label that stands for no class.
/// * `guidance`: w of `guidedVelocity`.
/// * `interval`: the logSNR at which guidance acts; elsewhere the network is asked once, for the
///   class (Kynkäänniemi et al. 2024, arXiv:2404.07724, where sigma = e^(−logSNR / 2)).
/// * `clips`: whether predicted data is held within [−1, 1], after guidance.
public func denoiser(
    labels: Tensor,
    nullClass: Int,
    guidance: Double,
    interval: ClosedRange<Double> = -Double.infinity...Double.infinity,
    clips: Bool = true,
    network: @escaping ConditionalNetwork
) -> Denoiser {
    { noised, logSNR in
        let level = NoiseLevel(logSNR, count: noised.size(0), on: noised.device)
        let velocity = guidedVelocity(
            noised,
            level.logSNR,
            labels,
            nullClass: nullClass,
            guidance: interval.contains(logSNR) ? guidance : 1,
            network: network
        )
        let data = level.data(noised, velocity: velocity)
        return clips ? data.clamped(to: -1...1) : data
    }
}
