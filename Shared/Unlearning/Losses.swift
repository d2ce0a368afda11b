import Diffusion
import Jobs
import Tensors
import Training

extension Unlearning {
    /// Freshly noised examples and the labels that they are shown with.
    struct Noised {
        let images: Tensor
        let level: NoiseLevel
        let labels: Tensor
        /// What a network that had learned the examples would answer.
        let velocity: Tensor

        /// Some of the examples.
        subscript(range: Range<Int>) -> Noised {
            Noised(
                images: images[range],
                level: level[range],
                labels: labels[range],
                velocity: velocity[range]
            )
        }
    }

    func noised(
        _ examples: (data: Tensor, labels: [Int]),
        dropping rate: Double = 0,
        using generator: Generator
    ) -> Noised {
        let times = spreadTimes(examples.labels.count, using: generator)
        let level = NoiseLevel(times.map(model.schedule.logSNR), on: model.plan.device)
        let noise = Tensor.normal(examples.data.shape, using: generator).to(on: model.plan.device)
        return Noised(
            images: level.noised(examples.data, noise),
            level: level,
            labels: model.labels(examples.labels, dropping: rate, using: generator),
            velocity: level.velocity(examples.data, noise)
        )
    }

    /// The mean squared difference between the model's velocity and `target`.
    func error(_ examples: Noised, against target: Tensor) -> Tensor {
        let answer = model.velocity(examples.images, examples.level.logSNR, examples.labels)
        return (answer - target).squared().mean()
    }

    /// What the original answers, by default to the same labels.
    func originalVelocity(_ examples: Noised, _ labels: Tensor? = nil) -> Tensor {
        withoutGradients {
            original.velocity(examples.images, examples.level.logSNR, labels ?? examples.labels)
        }
    }

    /// The retained examples of a step.
    mutating func retainedExamples(_ index: Int, _ generator: Generator) -> Noised {
        let batch = source.retain(index, for: model)
        return noised(batch, dropping: spec.labelDropout, using: generator)
    }

    /// The forgotten examples of a step.
    mutating func forgottenExamples(_ index: Int, _ generator: Generator) -> Noised {
        noised(source.forget(index, for: model), using: generator)
    }

    /// How far the model is from the original on retained examples: zero, with zero gradient, as
    /// long as nothing has changed.
    func integrityLoss(_ examples: Noised) -> Tensor {
        error(examples, against: originalVelocity(examples))
    }

    /// The denoising loss of forgotten examples, and how much it exceeds the original's.
    func forgetLoss(_ examples: Noised) -> (loss: Tensor, rise: Tensor) {
        let loss = error(examples, against: examples.velocity)
        let before = (originalVelocity(examples) - examples.velocity).squared().mean()
        return (loss, (loss - before).detached())
    }
}
