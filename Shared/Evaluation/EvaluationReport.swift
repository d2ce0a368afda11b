import Checkpoints
import Datasets
import Foundation
import Images
public import Jobs
import Statistics
public import Store
import Tensors
import Training

/// Everything that was measured on a checkpoint, and the files that show it.
public struct EvaluationReport {
    public private(set) var metrics: [MetricValue] = []
    public private(set) var outputs: [JobOutput] = []
    private let evaluation: Evaluation
    private let side: Int
    private var info: [String: JSON] = [:]
    private var grids: [String: Image] = [:]

    /// Measures the samples of `evaluation`, all of which are drawn, and puts them and their grids
    /// into `store`.
    public init(_ evaluation: Evaluation, in store: ArtifactStore) throws {
        self.evaluation = evaluation
        side = evaluation.subject.configuration.resolution
        guard let samples = evaluation.sets[.samples]?.samples else { return }
        for metric in evaluation.spec.metrics { try measure(metric, samples) }
        for case (.grid(let steps), let set) in evaluation.sets {
            show("steps-\(steps)", images(set.samples.images, side: side, count: 32))
        }
        show("samples", images(samples.images, side: side, count: 64))
        try saveSamples(samples, in: store)
        try saveReport(in: store)
    }

    private mutating func measure(
        _ metric: EvaluateSpec.Metric,
        _ samples: JudgedSamples
    ) throws {
        let sets = evaluation.sets.mapValues(\.samples)
        switch metric {
        case .fid: try measureFID(samples)
        case .accuracy:
            let right = zip(samples.labels, samples.seen).count { $0 == $1 }
            metrics.append(value("accuracy", Interval(share: right, of: samples.labels.count)))
        case .integrity:
            guard let original = sets[.original], let subject = sets[.subject],
                let others = sets[.others], let again = sets[.again]
            else { return }
            let pairs = Integrity.Pairs(
                original: original,
                subject: subject,
                others: others,
                again: again
            )
            record(try Integrity(evaluation.spec, pairs, side: side, judge: evaluation.judge))
        case .forgetting:
            guard let forgotten = sets[.forgotten], let free = sets[.free] else { return }
            record(
                Forgetting(
                    evaluation.spec,
                    evaluation.forgotten,
                    samples: forgotten,
                    free: free,
                    retained: samples
                )
            )
        }
    }

    private mutating func measureFID(_ samples: JudgedSamples) throws {
        guard let dataset = evaluation.dataset else { return }
        let width = samples.features.count / samples.labels.count
        var (drawn, real) = (Moments(width: width), Moments(width: width))
        drawn.add(samples.features)
        let indices = dataset.indices(ofClasses: Set(evaluation.kept))
        for start in stride(from: 0, to: min(indices.count, 10_000), by: 256) {
            let batch = Array(indices[start..<min(start + 256, indices.count)])
            let pixels = Tensor(
                dataset.pixels(batch),
                [batch.count, 3, dataset.resolution, dataset.resolution]
            )
            real.add(try evaluation.judge.judge(pixels).features.doubles)
        }
        guard real.count > 1 else {
            throw JobFailure(
                .invalid,
                "the dataset has \(real.count) images of the retained classes; fid needs two"
            )
        }
        metrics.append(MetricValue("fid_clf", try frechetDistance(drawn, real)))
        info["fid_samples"] = .int(drawn.count)
        info["fid_images"] = .int(real.count)
    }

    private mutating func record(_ integrity: Integrity) {
        metrics += [
            value("integrity_featdist", integrity.distance),
            MetricValue("integrity_floor", integrity.floor),
            MetricValue("integrity_ceiling", integrity.ceiling),
            value("integrity_normalised", integrity.normalised),
        ]
        let pairs = zip(
            images(integrity.original.images, side: side, count: 32),
            images(integrity.subject.images, side: side, count: 32)
        ).flatMap { [$0, $1] }
        show("pairs", pairs)
    }

    private mutating func record(_ forgetting: Forgetting) {
        metrics += [
            value("unlearning_accuracy", forgetting.unlearningAccuracy),
            value("forget_probability", forgetting.probability),
            value("forget_validity", forgetting.validity),
            value("leak_null", forgetting.leakNull),
            value("leak_retained", forgetting.leakRetained),
        ]
        let classes = evaluation.subject.configuration.classes
        let seen = forgetting.samples.seen
        info["forgotten_became"] = .object(
            Dictionary(
                uniqueKeysWithValues: classes.enumerated().map { index, name in
                    (name, .int(seen.count { $0 == index }))
                }
            )
        )
        show("forgotten", images(forgetting.samples.images, side: side, count: 32))
    }

    private func value(_ name: String, _ interval: Interval) -> MetricValue {
        MetricValue(name, interval.value, low: interval.low, high: interval.high)
    }

    private mutating func show(_ name: String, _ images: [Image]) {
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
