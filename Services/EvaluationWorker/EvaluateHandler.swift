import Datasets
import Evaluation
import Jobs
import Statistics
import Training
import Workbench
import Workers

/// Measures a checkpoint.
struct EvaluateHandler: JobHandler {
    func run(_ assignment: Assignment, _ reporter: Reporter) throws -> AttemptEnding {
        guard case .evaluate(let spec) = try JobSpec(assignment.kind, assignment.spec) else {
            throw JobFailure(
                .invalid,
                "this worker evaluates; the job is \(assignment.kind.rawValue)"
            )
        }
        guard assignment.gang == nil else {
            throw JobFailure(
                .invalid,
                "an evaluation is one worker's; leave resources.world_size out"
            )
        }
        let bench = try Workbench(assignment, reporter)
        Matrix.setThreads(assignment.threads)
        let model = { (role: String) -> DiffusionModel? in
            guard assignment.inputs.contains(where: { $0.role == role }) else { return nil }
            return try DiffusionModel(
                assignment.input(role),
                in: bench.store,
                plan: ComputePlan(.fp32)
            )
        }
        guard let subject = try model("subject") else {
            throw JobFailure(.invalid, "the job has no input 'subject'")
        }
        let hasDataset = assignment.inputs.contains { $0.role == "dataset" }
        var evaluation = try Evaluation(
            spec,
            subject: subject,
            original: model("original"),
            judge: Classifier(assignment.input("classifier"), in: bench.store),
            dataset: hasDataset ? Dataset(assignment.input("dataset"), in: bench.store) : nil
        )
        let work = evaluation.work
        return try bench.run(&evaluation, work) { evaluation in
            let report = try EvaluationReport(evaluation, in: bench.store)
            for output in report.outputs { reporter.report(.output(output)) }
            for metric in report.metrics { reporter.report(.metric(metric)) }
        }
    }
}
