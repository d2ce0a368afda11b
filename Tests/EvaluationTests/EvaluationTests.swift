import Datasets
import Evaluation
import Foundation
import Jobs
import Store
import Tensors
import Testing
import Training

/// Integrity on models whose answer is known without training.
@Suite(.serialized) struct EvaluationTests {
    let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)

    init() { Engine.threads = 1 }

    private func metrics(_ subject: DiffusionModel, _ original: DiffusionModel) throws -> [String:
        Double]
    {
        try withStore { store in
            var evaluation = try evaluation(subject, original, store)
            #expect(try run(&evaluation, evaluation.work, RunControl(store: store)) == .finished)
            let report = try EvaluationReport(evaluation, in: store)
            #expect(report.outputs.map(\.name) == ["samples", "report"])
            let manifest = try store.manifest(
                report.outputs[1].content,
                format: "palimpsest.report.v1"
            )
            let grids = ["forgotten.png", "pairs.png", "samples.png", "steps-1.png"]
            #expect(manifest.files.keys.sorted() == grids)
            return Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.name, $0.value) })
        }
    }

    /// From every snapshot on, whichever set of samples it cuts through.
    @Test func `a resumed evaluation ends in the same outputs`() throws {
        let (subject, original) = (try model(seed: 2), try model(seed: 1))
        try withStore { store in
            var snapshots: [SnapshotReference] = []
            var whole = try evaluation(subject, original, store)
            let control = RunControl(store: store, saved: { saved, _ in snapshots.append(saved) })
            _ = try run(&whole, whole.work, control)
            let outputs = try EvaluationReport(whole, in: store).outputs
            #expect(snapshots.count == whole.work.steps - 1 && snapshots.count == 16)
            for snapshot in [snapshots[0], snapshots[4], snapshots[15]] {
                var rest = try evaluation(subject, original, store)
                var begun = Int.max
                let control = RunControl(
                    store: store,
                    snapshots: [snapshot],
                    saved: { saved, _ in begun = min(begun, saved.step) }
                )
                _ = try run(&rest, rest.work, control)
                #expect(begun > snapshot.step)
                #expect(try EvaluationReport(rest, in: store).outputs == outputs)
            }
        }
    }

    @Test func `classes of no image or model are refused naming both sides`() throws {
        try withStore { store in
            let model = try model(seed: 1)
            var spec = EvaluateSpec()
            spec.forget = ["pentagon"]
            let error = #expect(throws: SpecError.self) {
                try Evaluation(
                    spec,
                    subject: model,
                    original: nil,
                    judge: judge(store),
                    dataset: nil
                )
            }
            #expect(error?.description.contains("'pentagon', which is not a class") == true)
            spec.forget = []
            let larger = Shapes.dataset(count: 8, resolution: 32, seed: 1)
            let failure = #expect(throws: JobFailure.self) {
                try Evaluation(
                    spec,
                    subject: model,
                    original: nil,
                    judge: judge(store),
                    dataset: larger
                )
            }
            #expect(failure?.reason == .invalid)
            #expect(
                failure?.message
                    == "the model makes images of 16 pixels, the dataset has 32; give a dataset of "
                    + "the model's size"
            )
        }
    }

    /// The same model from the same noise: distance at the floor. The ceiling, from other noise,
    /// lies above. The floor is rounding, since batches of other sizes add up in another order.
    @Test func `a model that has not changed keeps its integrity`() throws {
        let model = try model(seed: 1)
        let metrics = try metrics(model, model)
        #expect(metrics["integrity_featdist"] == 0)
        #expect(try #require(metrics["integrity_floor"]) < 1e-5)
        #expect(try #require(metrics["integrity_ceiling"]) > 1e-3)
        #expect(abs(try #require(metrics["integrity_normalised"])) < 1e-2)
    }

    @Test func `another model has lost it, and every metric is a number`() throws {
        let metrics = try metrics(model(seed: 2), model(seed: 1))
        #expect(try #require(metrics["integrity_featdist"]) > 1e-3)
        let own = try #require(metrics["integrity_normalised"])
        let strata = ["near", "far", "null", "worst"].map { metrics["integrity_normalised_" + $0] }
        #expect(strata.allSatisfy { $0 ?? 0 > 0 })
        #expect(try #require(strata[3]) >= own)
        #expect(metrics.count == 19)
        #expect(metrics.values.allSatisfy { $0.isFinite })
        #expect((0...1).contains(try #require(metrics["unlearning_accuracy"])))
    }
}
