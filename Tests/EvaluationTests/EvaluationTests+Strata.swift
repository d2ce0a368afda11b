import Datasets
import Evaluation
import Jobs
import Networks
import Store
import Tensors
import Testing
import Training

extension EvaluationTests {
    private struct Measured {
        let values: [String: MetricValue]
        let info: JSON
        subscript(name: String) -> Double? { values["integrity_" + name]?.value }
        func classes(of stratum: String) -> [String] {
            guard case .array(let names) = info["integrity_strata"]?[stratum]?["classes"] else {
                return []
            }
            return names.compactMap(\.string)
        }
    }

    private func measured(
        _ subject: DiffusionModel,
        _ original: DiffusionModel,
        _ metrics: [EvaluateSpec.Metric] = [.integrity]
    ) throws -> Measured {
        try withStore { store in
            var evaluation = try evaluation(subject, original, store, metrics)
            _ = try run(&evaluation, evaluation.work, RunControl(store: store))
            let report = try EvaluationReport(evaluation, in: store)
            let values = Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.name, $0) })
            return Measured(values: values, info: try #require(report.outputs.last).info)
        }
    }

    /// `model` with another embedding of `name`, of which nothing else depends.
    private func damaged(_ model: DiffusionModel, _ name: String) throws -> DiffusionModel {
        let (copy, row) = (try model.copy(), try #require(Shapes.classes.firstIndex(of: name)))
        let embedding = try #require(copy.parameters["class.embedding"])
        withoutGradients {
            var values = embedding.doubles
            let width = embedding.size(1)
            for place in row * width..<(row + 1) * width { values[place] *= -3 }
            embedding.copy(from: Tensor(values, [embedding.size(0), width]).to(.float32))
        }
        return copy
    }

    /// 28 pairs of 7 classes, so of all distances only 4 are not 0, and the mean hides them.
    @Test(arguments: ["near", "far"])
    func `damage to one class shows in its stratum and as the worst`(stratum: String) throws {
        let original = try model(seed: 1)
        let untouched = try measured(original, original)
        #expect(untouched.classes(of: "near").count == 2)
        #expect(untouched.classes(of: "far").count == 5)
        #expect(untouched.classes(of: "null") == [])
        let lost = try #require(untouched.classes(of: stratum).first)
        let found = try measured(damaged(original, lost), original)
        #expect(found.info["integrity_worst"]?.string == lost)
        let (mean, worst) = (try #require(found["featdist"]), try #require(found["featdist_worst"]))
        #expect(mean > 1e-4 && abs(worst - 7 * mean) < 1e-6 * worst)
        let own = Double(stratum == "near" ? 2 : 5)
        #expect(abs(try #require(found["featdist_" + stratum]) - worst / own) < 1e-6 * worst)
        for other in ["near", "far", "null"] where other != stratum {
            #expect(found["featdist_" + other] == 0)
            #expect(abs(try #require(found["normalised_" + other])) < 1e-2)
        }
        let interval = try #require(found.values["integrity_normalised_" + stratum])
        #expect(try #require(interval.low) <= interval.value)
        #expect(interval.value <= (try #require(interval.high)))
    }

    /// The embedding of no class is the table's last row.
    @Test func `damage to samples of no class shows in its stratum alone`() throws {
        let original = try model(seed: 1)
        let copy = try original.copy()
        let embedding = try #require(copy.parameters["class.embedding"])
        withoutGradients {
            let last = original.nullClass
            embedding[last..<last + 1].copy(from: embedding[last..<last + 1] * -3)
        }
        for metrics in [[.integrity], [.integrity, .forgetting]] as [[EvaluateSpec.Metric]] {
            let found = try measured(copy, original, metrics)
            #expect(try #require(found["normalised_null"]) > 1e-3)
            #expect(found["featdist"] == 0 && found["featdist_worst"] == 0)
            #expect(found.info["integrity_strata"]?["null"]?["pairs"] == .int(4))
        }
    }
}
