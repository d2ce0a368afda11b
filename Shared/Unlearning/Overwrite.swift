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
        let count = spec.work.batchSize
        let (examples, places) = try checked { overwrittenExamples(index, generator) }
        let (forget, norm) = try division.descend(optimizer, count, after: index) { range in
            let examples = examples[range]
            return [error(examples, against: originalVelocity(examples, places[range]))]
        }
        let kept = try checked { retainedExamples(index, generator) }
        let (retain, _) = try division.descend(retainOptimizer, count, after: index) { range in
            [integrityLoss(kept[range])]
        }
        return ["loss": forget[0], "integrity_loss": retain[0], "gradient_norm": norm]
    }

    /// Noised images of the classes that take a forgotten one's place, under a forgotten label, and
    /// the labels that they are images of.
    private mutating func overwrittenExamples(
        _ index: Int,
        _ generator: Generator
    ) -> (Noised, Tensor) {
        let batch = source.target(index, for: model)
        let choices = Tensor.integers(
            below: forgotten.count,
            [batch.labels.count],
            using: generator
        ).integers
        let examples = noised((batch.data, choices.map { forgotten[$0] }), using: generator)
        return (examples, Tensor(batch.labels, [batch.labels.count]).to(on: model.plan.device))
    }
}
