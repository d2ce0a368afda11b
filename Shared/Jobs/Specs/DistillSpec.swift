/// Distils a teacher into a student of few steps by moment matching, alternating version
/// (arXiv:2406.04103, algorithm 2). Inputs: `teacher`, `dataset`.
public struct DistillSpec: Codable, Equatable, Sendable {
    /// k: the steps that the student will sample with.
    public var studentSteps = 8
    /// Guidance weight of the teacher that is baked into the student; 1 is none.
    public var guidance = 1.0
    /// Adam as published: beta1 0, beta2 0.99, epsilon 1e-12.
    public var optimizer = OptimizerSpec(
        learningRate: 5e-5,
        beta1: 0,
        warmupSteps: 100,
        decay: true
    )
    /// Steps count both kinds: half of them move the student.
    public var work = WorkSpec(steps: 4_000, batchSize: 64)
    /// Weight of the auxiliary model's pull to the teacher.
    public var regularization = 1.0
    /// Largest weight 1 / sigma² given to a noise level.
    public var weightCap = 1_000.0

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require("student_steps", studentSteps, in: 1...1_024)
        problems.require("guidance", guidance, in: 0...20)
        problems.include("optimizer", optimizer.problems())
        problems.include("work", work.problems())
        problems.require("regularization", regularization, in: 0...100)
        problems.require("weight_cap", weightCap, in: 1...1e9)
        return problems
    }
}
