import Checkpoints
import Foundation
import Images
public import Jobs
import Statistics
public import Store
import Training

/// Everything that was measured on a checkpoint, and the files that show it.
///
/// Every metric that was asked for is there, or the evaluation fails. Of integrity's strata, which
/// are no metrics of their own, one may be missing: near and far where nothing was forgotten or no
/// class is left for them, and any that has no scale (`Stratum.normalised`). What is not known then
/// has no value that a policy could take for a good one.
public struct EvaluationReport {
    public internal(set) var metrics: [MetricValue] = []
    public private(set) var outputs: [JobOutput] = []
    let evaluation: Evaluation
    let side: Int
    var info: [String: JSON] = [:]
    private var grids: [String: Image] = [:]

    /// Measures the samples of `evaluation`, all of which are drawn, and puts them and their grids
    /// into `store`.
    ///
    /// - Throws: `JobFailure` of class `invalid` where samples or an input that a metric needs are
    ///   not there; `StatisticsError`, `TensorError`, `StoreError`.
    public init(_ evaluation: Evaluation, in store: ArtifactStore) throws {
        self.evaluation = evaluation
        side = evaluation.subject.configuration.resolution
        for metric in evaluation.spec.metrics { try measure(metric) }
        for case (.grid(let steps), let set) in evaluation.sets {
            show("steps-\(steps)", images(set.samples.images, side: side, count: 32))
        }
        let samples = try samples(.samples, for: "the report")
        show("samples", images(samples.images, side: side, count: 64))
        try saveSamples(samples, in: store)
        try saveReport(in: store)
    }

    /// The samples of `part`, all drawn, that `what` is made of.
    func samples(_ part: Evaluation.Part, for what: String) throws -> JudgedSamples {
        let samples = evaluation.sets[part]?.samples
        let (drawn, due) = (samples?.probabilities.count ?? 0, samples?.labels.count ?? 0)
        guard let samples, drawn == due else {
            throw JobFailure(
                .invalid,
                "\(what) needs all samples of '\(part.name)', of which \(drawn) of \(due) are drawn"
            )
        }
        return samples
    }

    mutating func show(_ name: String, _ images: [Image]) {
        grids[name + ".png"] = .grid(images, columns: 8, scale: 3)
    }

    private mutating func saveSamples(_ samples: JudgedSamples, in store: ArtifactStore) throws {
        var manifest = Manifest(format: "palimpsest.samples.v1")
        try store.add("images.u8", samples.images, to: &manifest)
        try store.add("labels.u8", Data(samples.labels.map(UInt8.init)), to: &manifest)
        manifest.info = .object(["seed": .int(evaluation.spec.seed), "resolution": .int(side)])
        try add("samples", kind: "sample_set", manifest, in: store)
    }

    private mutating func saveReport(in store: ArtifactStore) throws {
        var report = Manifest(format: "palimpsest.report.v1")
        for (name, grid) in grids { try store.add(name, grid.png(), to: &report) }
        info["metrics"] = try JSON(encoding: metrics)
        report.info = .object(info)
        try add("report", kind: "report", report, in: store)
    }

    private mutating func add(
        _ name: String,
        kind: String,
        _ manifest: Manifest,
        in store: ArtifactStore
    ) throws {
        outputs.append(
            JobOutput(
                name: name,
                kind: kind,
                content: try store.put(manifest),
                bytes: manifest.bytes,
                info: manifest.info
            )
        )
    }
}
