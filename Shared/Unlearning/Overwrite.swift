import Jobs
import Tensors
import Training

extension Unlearning {
    /// OVW, variant O1: a step that makes the model answer a forgotten class as the original
    /// answers a retained one, then, at the moved weights, a step back to the original elsewhere.
    ///
    /// The noised images come from samples of the class that takes the place. Reconstructed from
    /// arXiv:2411.02068, which gives the supervision and the two steps.
    mutating func overwriteStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let forget = try checked { overwriteLoss(index, generator) }
        let forgetValue = forget.item
        let norm = try optimizer.step(forget, after: index)
        let retain = try checked { integrityLoss(index, generator) }
        let retainValue = retain.item
        _ = try retainOptimizer.step(retain, after: index)
        return [
            "loss": forgetValue, "integrity_loss": retainValue, "gradient_norm": norm,
        ]
    }

    private mutating func overwriteLoss(_ index: Int, _ generator: Generator) -> Tensor {
        let batch = source.target(index, for: model)
        let choices = Tensor.integers(
            below: forgotten.count,
            [batch.labels.count],
            using: generator
        ).integers
        let examples = noised((batch.data, choices.map { forgotten[$0] }), using: generator)
        let places = Tensor(batch.labels, [batch.labels.count]).to(on: model.plan.device)
        return error(examples, against: originalVelocity(examples, places))
    }
}
