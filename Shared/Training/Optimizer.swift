public import Jobs
import Networks
public import Tensors

/// AdamW over the tensors of one network, with warm-up and clipping.
public final class Optimizer {
    private let names: [String]
    /// What it moves, in the order of their names.
    let tensors: [Tensor]
    private let firstMoments: [Tensor]
    private let secondMoments: [Tensor]
    private let counts: [Tensor]
    private let spec: OptimizerSpec
    private let steps: Int

    /// - Precondition: `steps`, after which a decaying rate is 0, is positive.
    public init(_ tensors: [String: Tensor], _ spec: OptimizerSpec, steps: Int) {
        let ordered = tensors.sorted { $0.key < $1.key }
        names = ordered.map(\.key)
        self.tensors = ordered.map(\.value)
        firstMoments = self.tensors.map { withoutGradients($0.detached().zerosLike) }
        secondMoments = self.tensors.map { withoutGradients($0.detached().zerosLike) }
        counts = self.tensors.map { Tensor.zeros([]).to(on: $0.device) }
        (self.spec, self.steps) = (spec, steps)
    }

    /// The learning rate of the step after `done` steps: linear from 0, then constant or linear
    /// to 0.
    public func learningRate(after done: Int) -> Double {
        let warm = min(1, Double(done + 1) / Double(max(1, spec.warmupSteps)))
        let left = spec.decay ? max(0, 1 - Double(done) / Double(steps)) : 1
        return spec.learningRate * warm * left
    }

    /// Moves the tensors down the gradient of `loss`.
    ///
    /// - Returns: the norm of the gradient before clipping.
    /// - Throws: `JobFailure` of class `diverged`, without having moved anything, where the loss
    ///   or its gradient is not finite.
    public func step(_ loss: Tensor, after done: Int) throws -> Double {
        try step(gradients: checked { loss.gradients(of: tensors) }, after: done)
    }

    /// Moves the tensors against `gradients`, given in the order of `tensors`; like `step(_:after:)`.
    func step(gradients: [Tensor], after done: Int) throws -> Double {
        let norm = try checked { TensorLists.clip(gradients, toNorm: spec.clipNorm).item }
        guard norm.isFinite else {
            throw JobFailure(
                .diverged,
                "the gradient of step \(done + 1) is not finite; lower optimizer.learning_rate, "
                    + "which is \(spec.learningRate), or raise optimizer.warmup_steps"
            )
        }
        try checked {
            for count in counts { count.copy(from: count + 1) }
            TensorLists.adamW(
                tensors,
                gradients: gradients,
                firstMoments: firstMoments,
                secondMoments: secondMoments,
                counts: counts,
                learningRate: learningRate(after: done),
                beta1: spec.beta1,
                beta2: spec.beta2,
                weightDecay: spec.weightDecay,
                epsilon: spec.epsilon
            )
        }
        return norm
    }

    /// The state to be saved, under `prefix`; the weights are not part of it.
    public func state(_ prefix: String) -> [String: Tensor] {
        var state: [String: Tensor] = [:]
        for (index, name) in names.enumerated() {
            state["\(prefix).first.\(name)"] = firstMoments[index]
            state["\(prefix).second.\(name)"] = secondMoments[index]
            state["\(prefix).count.\(name)"] = counts[index]
        }
        return state
    }

    /// Takes the state back that `state(_:)` gave.
    public func restore(_ prefix: String, from saved: [String: Tensor]) throws {
        try restoreTensors(state(prefix), from: saved)
    }
}

/// Overwrites each of `tensors` with its namesake.
///
/// - Throws: `JobFailure` of class `permanent` where one is missing or of another shape.
public func restoreTensors(_ tensors: [String: Tensor], from saved: [String: Tensor]) throws {
    for (name, tensor) in tensors {
        guard let value = saved[name], value.shape == tensor.shape else {
            throw JobFailure(.permanent, "the snapshot has no tensor '\(name)' of \(tensor.shape)")
        }
        tensor.copy(from: value)
    }
}
