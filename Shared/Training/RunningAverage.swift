public import Tensors

/// The exponential running average of a network's weights, which samples are drawn with.
public final class RunningAverage {
    /// The averaged tensors by name.
    public let tensors: [String: Tensor]
    private let names: [String]
    private let decay: Double

    public init(of weights: [String: Tensor], decay: Double) {
        tensors = weights.mapValues { tensor in withoutGradients { tensor.detached().cloned() } }
        names = weights.keys.sorted()
        self.decay = decay
    }

    /// Takes in the weights after step `done`; early on the average is shorter, so that it does
    /// not remember the initial values: decay = min(decay, (1 + n) / (10 + n)).
    public func update(_ weights: [String: Tensor], after done: Int) {
        let decay = min(self.decay, Double(1 + done) / Double(10 + done))
        TensorLists.lerp(
            names.compactMap { tensors[$0] },
            towards: names.compactMap { weights[$0] },
            weight: 1 - decay
        )
    }
}
