public import Jobs
public import Tensors

/// A network as the losses see it: noised images and their logSNR `[B]` to velocity.
public typealias VelocityNetwork = (_ noised: Tensor, _ logSNR: Tensor) -> Tensor

/// The times of a batch, evenly spread over [0, 1) from one random start, which lowers the
/// variance of the loss (Kingma et al. 2021, arXiv:2107.00630, appendix I.1).
public func spreadTimes(_ count: Int, using generator: Generator) -> [Double] {
    let start = Tensor.uniform([1], using: generator).item
    return (0..<count).map {
        (start + Double($0) / Double(count)).truncatingRemainder(dividingBy: 1)
    }
}

/// The loss of `spec` on freshly noised `data`, a scalar.
///
/// * `data`: `[B, C, H, W]` in [−1, 1].
/// * `generator`: draws the times and the noise.
public func diffusionLoss(
    _ spec: LossSpec,
    _ data: Tensor,
    _ schedule: Schedule,
    using generator: Generator,
    network: VelocityNetwork
) -> Tensor {
    let batch = NoisedBatch(data, using: generator)
    return diffusionLoss(spec, batch, schedule, network: network)
}

/// Clean images with what they are to be noised with.
public struct NoisedBatch {
    /// `[B, C, H, W]` in [−1, 1].
    public let data: Tensor
    /// Of the shape of `data`.
    public let noise: Tensor
    /// One in [0, 1) for each image.
    public let times: [Double]

    /// Draws times, and then noise, for `data`.
    public init(_ data: Tensor, using generator: Generator) {
        times = spreadTimes(data.size(0), using: generator)
        noise = Tensor.normal(data.shape, using: generator).to(on: data.device)
        self.data = data
    }

    private init(_ data: Tensor, _ noise: Tensor, _ times: [Double]) {
        (self.data, self.noise, self.times) = (data, noise, times)
    }

    /// Some of the images with the same noise.
    public subscript(range: Range<Int>) -> NoisedBatch {
        NoisedBatch(data[range], noise[range], Array(times[range]))
    }
}

/// The loss of `spec` on a batch, a scalar.
public func diffusionLoss(
    _ spec: LossSpec,
    _ batch: NoisedBatch,
    _ schedule: Schedule,
    network: VelocityNetwork
) -> Tensor {
    let (data, noise, times) = (batch.data, batch.noise, batch.times)
    switch spec.kind {
    case .epsilon:
        return epsilonLoss(
            data,
            noise,
            NoiseLevel(times.map(schedule.logSNR), on: data.device),
            multiscale: spec.multiscale,
            network: network
        )
    case .sigmoid:
        return sigmoidLoss(data, noise, times, schedule, bias: spec.bias, network: network)
    }
}
