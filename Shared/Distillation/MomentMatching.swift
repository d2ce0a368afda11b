public import Checkpoints
public import Datasets
import Diffusion
public import Jobs
import Networks
import Tensors
public import Training

/// Distils a teacher into a student of k steps, alternating version: an auxiliary model learns
/// what data the student's noisy samples hold, and the student moves to close the gap between that
/// and what the teacher sees.
///
/// Salimans et al. 2024, arXiv:2406.04103, algorithm 2. The weight of noise levels is our choice,
/// 1 / sigma² with a cap, since the paper's could not be read.
public struct MomentMatching: Steps {
    private let spec: DistillSpec
    private let dataset: Dataset
    private let teacher: DiffusionModel
    private let student: DiffusionModel
    private let auxiliary: DiffusionModel
    private let studentOptimizer: Optimizer
    private let auxiliaryOptimizer: Optimizer
    private let division: Division
    private var order: BatchOrder

    /// - Throws: `JobFailure` of class `invalid` where teacher and dataset differ in size or
    ///   classes.
    public init(
        _ spec: DistillSpec,
        teacher: DiffusionModel,
        _ dataset: Dataset,
        division: Division = Division()
    ) throws {
        self.division = division
        try teacher.requireFit(dataset)
        student = try teacher.copy()
        auxiliary = try teacher.copy()
        student.parameters.setRequiresGradient(true)
        auxiliary.parameters.setRequiresGradient(true)
        let updates = max(1, spec.work.steps / 2)
        studentOptimizer = Optimizer(student.parameters.named, spec.optimizer, steps: updates)
        auxiliaryOptimizer = Optimizer(auxiliary.parameters.named, spec.optimizer, steps: updates)
        order = BatchOrder(
            Array(dataset.labels.indices),
            batchSize: spec.work.batchSize,
            seed: spec.work.seed
        )
        (self.spec, self.teacher, self.dataset) = (spec, teacher, dataset)
    }

    /// Even steps teach the auxiliary model, odd ones move the student.
    public mutating func step(_ index: Int) throws -> [String: Double] {
        let indices = order.indices(step: index)
        let generator = Generator(seed: UInt64(spec.work.seed), step: index)
        let batch = try checked { draw(indices, using: generator) }
        return index.isMultiple(of: 2)
            ? try teachAuxiliary(batch, update: index / 2)
            : try moveStudent(batch, update: index / 2)
    }

    private func teachAuxiliary(_ batch: Batch, update: Int) throws -> [String: Double] {
        let optimizer = auxiliaryOptimizer
        let (values, norm) = try division.descend(optimizer, batch.count, after: update) { range in
            let batch = batch[range]
            let (generated, noised) = withoutGradients { generate(batch) }
            let teacher = withoutGradients { teacherData(noised, batch) }
            let seen = predictedData(auxiliary, noised, batch.next, batch.labels)
            let error =
                (generated - seen).squared()
                + (teacher - seen).squared() * spec.regularization
            return [(batch.weights * error).mean()]
        }
        return ["loss": values[0], "auxiliary_gradient_norm": norm]
    }

    /// The surrogate's value says nothing about progress; the gap is what should close.
    private func moveStudent(_ batch: Batch, update: Int) throws -> [String: Double] {
        let optimizer = studentOptimizer
        let (values, norm) = try division.descend(optimizer, batch.count, after: update) { range in
            let batch = batch[range]
            let (generated, noised) = generate(batch)
            let difference = withoutGradients {
                predictedData(auxiliary, noised, batch.next, batch.labels)
                    - teacherData(noised, batch)
            }
            let surrogate = (batch.weights * generated * difference).mean()
            return [surrogate, difference.squared().mean()]
        }
        let gap = Double(Float(values[1]).squareRoot())
        return ["gap": gap, "student_gradient_norm": norm]
    }

    public func snapshot(after done: Int) -> Snapshot {
        let tensors = student.parameters.named.prefixed("student.")
            .merging(auxiliary.parameters.named.prefixed("auxiliary.")) { a, _ in a }
            .merging(studentOptimizer.state("student_optimizer")) { a, _ in a }
            .merging(auxiliaryOptimizer.state("auxiliary_optimizer")) { a, _ in a }
        return Snapshot(step: done, tensors: tensors)
    }

    public mutating func restore(_ snapshot: Snapshot) throws {
        try restoreTensors(student.parameters.named.prefixed("student."), from: snapshot.tensors)
        try restoreTensors(
            auxiliary.parameters.named.prefixed("auxiliary."),
            from: snapshot.tensors
        )
        try studentOptimizer.restore("student_optimizer", from: snapshot.tensors)
        try auxiliaryOptimizer.restore("auxiliary_optimizer", from: snapshot.tensors)
    }

    /// The student, which samples with k ancestral steps and has the guidance built in.
    public var checkpoint: Checkpoint {
        student.checkpoint(student.parameters.named, studentSteps: spec.studentSteps)
    }
}

extension MomentMatching {
    /// What one step draws: everything but the student's sample.
    private struct Batch {
        let noised: Tensor
        let labels: Tensor
        /// The levels of z_t and z_s.
        let current: NoiseLevel
        let next: NoiseLevel
        /// The noise of z_s given z_t.
        let noise: Tensor
        /// w(s), `[B, 1, 1, 1]`.
        let weights: Tensor

        var count: Int { current.logSNRs.count }

        /// Some of the examples.
        subscript(range: Range<Int>) -> Batch {
            Batch(
                noised: noised[range],
                labels: labels[range],
                current: current[range],
                next: next[range],
                noise: noise[range],
                weights: weights[range]
            )
        }
    }

    private func draw(_ indices: [Int], using generator: Generator) -> Batch {
        let data = teacher.batch(dataset, indices)
        let labels = teacher.labels(indices.map { dataset.labels[$0] }, using: generator)
        let draws = Tensor.uniform([2, indices.count], using: generator).doubles
        let starts = draws.prefix(indices.count)
        let times = zip(starts, draws.suffix(indices.count)).map { start, jump in
            min(1, start + jump / Double(spec.studentSteps))
        }
        let device = teacher.plan.device
        let current = NoiseLevel(times.map(teacher.schedule.logSNR), on: device)
        let next = NoiseLevel(starts.map(teacher.schedule.logSNR), on: device)
        let weights = next.logSNRs.map { Float(min(1 / sigmoid(-$0), spec.weightCap)) }
        return Batch(
            noised: current.noised(data, .normal(data.shape, using: generator).to(on: device)),
            labels: labels,
            current: current,
            next: next,
            noise: Tensor.normal(data.shape, using: generator).to(on: device),
            weights: Tensor(weights, [weights.count, 1, 1, 1]).to(on: device)
        )
    }

    /// The student's data for z_t, and z_s drawn from q(z_s | z_t, that data) without gradients.
    private func generate(_ batch: Batch) -> (data: Tensor, noised: Tensor) {
        let data = predictedData(student, batch.noised, batch.current, batch.labels)
        let levels = zip(batch.current.logSNRs, batch.next.logSNRs).map { ($0, $1) }
        let noised = withoutGradients {
            posteriorSample(
                batch.noised,
                data: data.detached(),
                noise: batch.noise,
                levels: levels.map { (current: $0.0, next: $0.1) }
            )
        }
        return (data, noised)
    }

    private func teacherData(_ noised: Tensor, _ batch: Batch) -> Tensor {
        let velocity = guidedVelocity(
            noised,
            batch.next.logSNR,
            batch.labels,
            nullClass: teacher.nullClass,
            guidance: spec.guidance
        ) { noised, logSNR, labels in teacher.velocity(noised, logSNR, labels) }
        return batch.next.data(noised, velocity: velocity)
    }

    private func predictedData(
        _ model: DiffusionModel,
        _ noised: Tensor,
        _ level: NoiseLevel,
        _ labels: Tensor
    ) -> Tensor {
        level.data(noised, velocity: model.velocity(noised, level.logSNR, labels))
    }
}
