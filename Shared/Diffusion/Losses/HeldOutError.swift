import Randomness
public import Tensors

/// The error of a network on one held-out example at one level of noise.
public struct HeldOutError: Equatable, Sendable {
    /// The noise that the example was shown with.
    public let logSNR: Double
    /// Mean squared error of velocity over the example's pixels.
    public let velocity: Double
    /// The same error in terms of data.
    public var data: Double { sigmoid(-logSNR) * velocity }

    public init(logSNR: Double, velocity: Double) {
        (self.logSNR, self.velocity) = (logSNR, velocity)
    }
}

/// The errors of `network` on examples it was not trained on, at times spread over [0, 1].
///
/// Noise and time are functions of the seed and an example's index alone, so that two networks, or
/// one at two ages, are compared on the same noised images whatever the batches.
///
/// * `data`: `[B, C, H, W]` in [−1, 1].
/// * `noise`: one draw for each example of `data`.
public func heldOutErrors(
    _ data: Tensor,
    _ noise: SampleNoise,
    _ schedule: Schedule,
    network: VelocityNetwork
) -> [HeldOutError] {
    let level = NoiseLevel(noise.times.map(schedule.logSNR), on: data.device)
    let draw = noise.initial
    let errors = withoutGradients {
        let velocity = network(level.noised(data, draw), level.logSNR)
        return (level.velocity(data, draw) - velocity).squared().mean([1, 2, 3]).doubles
    }
    return zip(level.logSNRs, errors).map { HeldOutError(logSNR: $0, velocity: $1) }
}

/// The held-out examples whose logSNR lies in one interval.
public struct HeldOutBin: Equatable, Sendable {
    /// The interval, its upper end excluded.
    public let logSNR: Range<Double>
    public let count: Int
    /// Mean of the examples' velocity errors; nil for an empty bin.
    public let velocity: Double?
    /// Mean of the examples' data errors; nil for an empty bin.
    public let data: Double?
}

/// Sorts `errors` into the bins between neighbours of `edges`, rising logSNRs.
public func binned(_ errors: [HeldOutError], edges: [Double]) -> [HeldOutBin] {
    zip(edges, edges.dropFirst()).map { low, high in
        let members = errors.filter { (low..<high).contains($0.logSNR) }
        let mean = { (values: [Double]) in
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        return HeldOutBin(
            logSNR: low..<high,
            count: members.count,
            velocity: mean(members.map(\.velocity)),
            data: mean(members.map(\.data))
        )
    }
}

extension SampleNoise {
    /// A time in [0, 1) for each sample, evenly spread over any run of neighbouring indices: the
    /// additive recurrence with the golden ratio, from a start that the seed gives.
    public var times: [Double] {
        let start = Double(philox.integer(below: 1 << 53, counter: 0, stream: .max)) * 0x1p-53
        return indices.map {
            (start + Double($0) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
        }
    }
}
