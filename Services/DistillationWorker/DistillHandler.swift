import Datasets
import Distillation
import Jobs
import Training
import Workbench
import Workers

/// Distils a teacher into a student of few steps.
struct DistillHandler: JobHandler {
    func run(_ assignment: Assignment, _ reporter: Reporter) throws -> AttemptEnding {
        guard case .distill(let spec) = try JobSpec(assignment.kind, assignment.spec) else {
            throw JobFailure(
                .invalid,
                "this worker distils; the job is \(assignment.kind.rawValue)"
            )
        }
        let bench = try Workbench(assignment, reporter)
        let teacher = try DiffusionModel(
            assignment.input("teacher"),
            in: bench.store,
            plan: ComputePlan(spec.work.precision)
        )
        let dataset = try Dataset(assignment.input("dataset"), in: bench.store)
        var matching = try MomentMatching(
            spec,
            teacher: teacher,
            dataset,
            division: bench.division
        )
        return try bench.run(&matching, spec.work) { try bench.output($0.checkpoint) }
    }
}
