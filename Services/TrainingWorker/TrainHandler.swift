import Datasets
import Jobs
import Training
import Workbench
import Workers

/// Trains a diffusion model or a classifier.
struct TrainHandler: JobHandler {
    func run(_ assignment: Assignment, _ reporter: Reporter) throws -> AttemptEnding {
        guard case .train(let spec) = try JobSpec(assignment.kind, assignment.spec) else {
            throw JobFailure(.invalid, "this worker trains; the job is \(assignment.kind.rawValue)")
        }
        let bench = try Workbench(assignment, reporter)
        let dataset = try Dataset(assignment.input("dataset"), in: bench.store)
        switch spec {
        case .diffusion(let spec):
            var training = try DiffusionTraining(spec, dataset, division: bench.division)
            return try bench.run(&training, spec.work) { training in
                try bench.output(training.checkpoint)
            }
        case .classifier(let spec):
            var training = try ClassifierTraining(spec, dataset, division: bench.division)
            return try bench.run(&training, spec.work) { training in
                reporter.report(.metric(MetricValue("held_out_accuracy", try training.accuracy())))
                try bench.output(training.checkpoint)
            }
        }
    }
}
