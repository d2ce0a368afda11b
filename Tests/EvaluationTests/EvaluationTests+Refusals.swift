import Evaluation
import Jobs
import Statistics
import Store
import Testing

/// What an evaluation cannot measure it refuses, and does not leave out.
extension EvaluationTests {
    @Test func `a metric without its input is refused before a sample is drawn`() throws {
        let model = try model(seed: 1)
        try withStore { store in
            var spec = EvaluateSpec()
            for (metric, role) in [(.integrity, "original"), (.fid, "dataset")]
                as [(EvaluateSpec.Metric, String)]
            {
                spec.metrics = [.accuracy, metric]
                let failure = #expect(throws: JobFailure.self) {
                    try Evaluation(
                        spec,
                        subject: model,
                        original: nil,
                        judge: judge(store),
                        dataset: nil
                    )
                }
                #expect(failure?.reason == .invalid)
                #expect(
                    failure?.message == "metric '\(metric.rawValue)' needs inputs.\(role), which "
                        + "is missing; name it or leave the metric out"
                )
            }
        }
    }

    @Test func `a report of samples that are not drawn fails, naming metric and samples`() throws {
        let model = try model(seed: 1)
        try withStore { store in
            var evaluation = try evaluation(model, model, store, [.integrity])
            _ = try evaluation.step(0)
            let failure = #expect(throws: JobFailure.self) {
                try EvaluationReport(evaluation, in: store)
            }
            #expect(failure?.reason == .invalid)
            #expect(
                failure?.message == "metric 'integrity' needs all samples of 'samples', of which "
                    + "16 of 28 are drawn"
            )
        }
    }

    /// Both would end alike at each attempt.
    @Test func `features that are no numbers are not tried again`() throws {
        let model = try model(seed: 1)
        try withStore { store in
            var spec = EvaluateSpec()
            (spec.metrics, spec.samples) = ([.accuracy], 4)
            var evaluation = try Evaluation(
                spec,
                subject: model,
                original: nil,
                judge: judge(store, times: .nan),
                dataset: nil
            )
            let failure = #expect(throws: JobFailure.self) { try evaluation.step(0) }
            #expect(failure?.reason == .permanent)
            #expect(failure?.message.contains("in samples 0 to 3 what is not a number") == true)
        }
        let error = #expect(throws: StatisticsError.self) {
            try Matrix.symmetricEigen([.nan], size: 1)
        }
        #expect((error as (any Error)? as? any ClassifiedError)?.failureClass == .permanent)
    }
}
