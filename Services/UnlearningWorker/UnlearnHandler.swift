import Datasets
import Jobs
import Training
import Unlearning
import Workbench
import Workers

/// Makes a checkpoint forget classes.
struct UnlearnHandler: JobHandler {
    func run(_ assignment: Assignment, _ reporter: Reporter) throws -> AttemptEnding {
        guard case .unlearn(let spec) = try JobSpec(assignment.kind, assignment.spec) else {
            throw JobFailure(
                .invalid,
                "this worker unlearns; the job is \(assignment.kind.rawValue)"
            )
        }
        let bench = try Workbench(assignment, reporter)
        let original = try DiffusionModel(
            assignment.input("original"),
            in: bench.store,
            plan: ComputePlan(spec.work.precision)
        )
        let hasDataset = assignment.inputs.contains { $0.role == "dataset" }
        let dataset =
            hasDataset ? try Dataset(assignment.input("dataset"), in: bench.store) : nil
        var unlearning: Unlearning
        do {
            unlearning = try Unlearning(
                spec,
                original: original,
                dataset: dataset,
                division: bench.division,
                drawn: bench.prepared
            )
        } catch is Stopped {
            return .released
        }
        return try bench.run(&unlearning, spec.work) { try bench.output($0.checkpoint) }
    }
}
