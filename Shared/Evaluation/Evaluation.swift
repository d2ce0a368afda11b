import Checkpoints
public import Datasets
import Foundation
import Images
public import Jobs
import Statistics
public import Store
import Tensors
public import Training

/// Everything that was measured on a checkpoint, and the files that show it.
public struct Evaluation {
    public private(set) var metrics: [MetricValue] = []
    public private(set) var outputs: [JobOutput] = []
    private let store: ArtifactStore
    private var info: [String: JSON] = [:]
    private var grids: [String: Image] = [:]

    /// Measures `subject` as `spec` says.
    ///
    /// - Parameters:
    ///   - spec: which metrics, on how many samples.
    ///   - subject: the model to be measured.
    ///   - original: what `integrity` compares with.
    ///   - judge: the classifier whose features and verdicts are used.
    ///   - dataset: what `fid` compares with.
    ///   - store: where samples and grids are put.
    ///   - progress: called after each batch.
    /// - Throws: `SpecError` or `JobFailure` where spec and inputs do not fit each other.
    public init(
        _ spec: EvaluateSpec,
        subject: DiffusionModel,
        original: DiffusionModel?,
        judge: Classifier,
        dataset: Dataset?,
        store: ArtifactStore,
        progress: @escaping () -> Void
    ) throws {
        self.store = store
        let classes = subject.configuration.classes
        try requireFit(subject, judge, original, dataset)
        let forgotten = try spec.forget.isEmpty ? [] : resolveForget(spec.forget, classes: classes)
        let kept = classes.indices.filter { !forgotten.contains($0) }
        let samples = try subject.judgedSamples(
            spec,
            labels: (0..<spec.samples).map { kept[$0 % kept.count] },
            judge: judge,
            progress: progress
        )
        for metric in spec.metrics {
            switch metric {
            case .fid: try measureFID(samples, dataset, kept, judge)
            case .accuracy: metrics.append(MetricValue("accuracy", samples.accuracy))
            case .integrity:
                let labels = (0..<spec.pairs).map { kept[$0 % kept.count] }
                guard let original else { continue }
                let integrity = try Integrity(
                    spec,
                    subject: subject,
                    original: original,
                    labels: labels,
                    judge: judge,
                    progress: progress
                )
                record(integrity, side: subject.configuration.resolution)
            case .forgetting:
                let forgetting = try Forgetting(
                    spec,
                    forgotten: forgotten,
                    subject: subject,
                    retained: samples,
                    judge: judge,
                    progress: progress
                )
                record(forgetting, classes, side: subject.configuration.resolution)
            }
        }
        for steps in spec.gridSteps {
            try drawGrid(subject, spec, steps: steps, kept)
            progress()
        }
        try save(samples, spec, side: subject.configuration.resolution)
    }

    /// A grid of the subject's samples at another number of steps, from the same noise.
    private mutating func drawGrid(
        _ subject: DiffusionModel,
        _ spec: EvaluateSpec,
        steps: Int,
        _ kept: [Int]
    ) throws {
        var sampler = spec.sampler
        sampler.steps = steps
        var bytes = ImageBytes()
        bytes.append(
            try subject.sample(
                sampler,
                labels: (0..<32).map { kept[$0 % kept.count] },
                seed: spec.seed,
                indices: Array(0..<32)
            )
        )
        let shown = images(bytes.data, side: subject.configuration.resolution, count: 32)
        grids["steps-\(steps).png"] = .grid(shown, columns: 8, scale: 3)
    }

    private mutating func measureFID(
        _ samples: JudgedSamples,
        _ dataset: Dataset?,
        _ kept: [Int],
        _ judge: Classifier
    ) throws {
        guard let dataset else { return }
        let width = samples.features.count / samples.labels.count
        var (drawn, real) = (Moments(width: width), Moments(width: width))
        drawn.add(samples.features)
        let indices = dataset.indices(ofClasses: Set(kept))
        for start in stride(from: 0, to: min(indices.count, 10_000), by: 256) {
            let batch = Array(indices[start..<min(start + 256, indices.count)])
            let pixels = Tensor(
                dataset.pixels(batch),
                [batch.count, 3, dataset.resolution, dataset.resolution]
            )
            real.add(try judge.judge(pixels).features.doubles)
        }
        metrics.append(MetricValue("fid_clf", try frechetDistance(drawn, real)))
        info["fid_samples"] = .int(drawn.count)
        info["fid_images"] = .int(real.count)
    }

    private mutating func record(_ integrity: Integrity, side: Int) {
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
        grids["pairs.png"] = .grid(pairs, columns: 8, scale: 3)
    }

    private mutating func record(_ forgetting: Forgetting, _ classes: [String], side: Int) {
        metrics += [
            MetricValue("unlearning_accuracy", forgetting.unlearningAccuracy),
            MetricValue("forget_probability", forgetting.probability),
            MetricValue("forget_validity", forgetting.validity),
            MetricValue("leak_null", forgetting.leakNull),
            MetricValue("leak_retained", forgetting.leakRetained),
        ]
        info["forgotten_became"] = .object(
            Dictionary(uniqueKeysWithValues: zip(classes, forgetting.became.map(JSON.int)))
        )
        let shown = images(forgetting.samples.images, side: side, count: 32)
        grids["forgotten.png"] = .grid(shown, columns: 8, scale: 3)
    }

    private func value(_ name: String, _ interval: Interval) -> MetricValue {
        MetricValue(name, interval.value, low: interval.low, high: interval.high)
    }

    private mutating func save(
        _ samples: JudgedSamples,
        _ spec: EvaluateSpec,
        side: Int
    ) throws {
        grids["samples.png"] = .grid(
            images(samples.images, side: side, count: 64),
            columns: 8,
            scale: 3
        )
        var manifest = Manifest(format: "palimpsest.samples.v1")
        try store.add("images.u8", samples.images, to: &manifest)
        try store.add("labels.u8", Data(samples.labels.map(UInt8.init)), to: &manifest)
        manifest.info = .object(["seed": .int(spec.seed), "resolution": .int(side)])
        outputs.append(
            JobOutput(
                name: "samples",
                kind: "sample_set",
                content: try store.put(manifest),
                bytes: manifest.bytes,
                info: manifest.info
            )
        )
        try saveReport()
    }

    private mutating func saveReport() throws {
        var report = Manifest(format: "palimpsest.report.v1")
        for (name, grid) in grids { try store.add(name, grid.png(), to: &report) }
        info["metrics"] = try JSON(encoding: metrics)
        report.info = .object(info)
        outputs.append(
            JobOutput(
                name: "report",
                kind: "report",
                content: try store.put(report),
                bytes: report.bytes,
                info: report.info
            )
        )
    }
}

/// Requires that all models and the dataset speak of the same images and classes.
private func requireFit(
    _ subject: DiffusionModel,
    _ judge: Classifier,
    _ original: DiffusionModel?,
    _ dataset: Dataset?
) throws {
    let (size, classes) = (subject.configuration.resolution, subject.configuration.classes)
    for (role, other) in [
        ("classifier", judge.configuration), ("original", original?.configuration),
    ] {
        guard let other else { continue }
        guard other.resolution == size, other.classes == classes else {
            throw JobFailure(
                .invalid,
                "inputs.\(role) is for \(other.resolution) pixels and classes \(other.classes), "
                    + "the subject for \(size) and \(classes); they must agree"
            )
        }
    }
    if let dataset { try subject.requireFit(dataset) }
}
