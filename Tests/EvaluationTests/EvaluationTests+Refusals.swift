import Evaluation
import Jobs
import Statistics
import Store
import Testing

/// What an evaluation cannot measure it refuses, and does not leave out.
extension EvaluationTests {
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
