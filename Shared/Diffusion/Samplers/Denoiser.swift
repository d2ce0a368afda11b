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
    let none = labels.zerosLike() + Double(nullClass)
    let both = network(
        .concatenated([noised, noised]),
        .concatenated([logSNR, logSNR]),
        .concatenated([labels, none.to(.int64)])
    ).chunks(2, axis: 0)
    return both[1] + (both[0] - both[1]) * guidance
}

/// The denoiser of a class-conditional network; its data lies in [−1, 1].
public func denoiser(
    labels: Tensor,
    nullClass: Int,
    guidance: Double,
    network: @escaping ConditionalNetwork
) -> Denoiser {
    { noised, logSNR in
        let level = NoiseLevel(logSNR, count: noised.size(0), on: noised.device)
        let velocity = guidedVelocity(
            noised,
            level.logSNR,
            labels,
            nullClass: nullClass,
            guidance: guidance,
            network: network
        )
        return level.data(noised, velocity: velocity).clamped(to: -1...1)
    }
}
