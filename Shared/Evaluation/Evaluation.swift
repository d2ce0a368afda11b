public import Checkpoints
public import Datasets
public import Jobs
import Tensors
public import Training

/// Measures a checkpoint: a step draws and judges one batch of samples; the report, made when all
/// are drawn, holds what was measured on them.
public struct Evaluation: Steps {
    let spec: EvaluateSpec
    let subject: DiffusionModel
    let judge: Classifier
    let dataset: Dataset?
    let forgotten: [Int]
    let kept: [Int]
    private(set) var sets: [Part: SampleSet] = [:]
    private var batches: [(part: Part, places: Range<Int>)] = []

    /// What a set of samples is for.
    enum Part: Hashable {
        case samples
        /// Integrity's: partners from the same noise, the original from other noise, and the
        /// original's again in batches of half the size.
        case original, subject, others, again
        /// Forgetting's: of the forgotten classes, and of no class, which integrity compares with
        /// the original's from the same noise.
        case forgotten, free, freeOriginal
        /// A grid at another number of steps.
        case grid(Int)

        var name: String {
            switch self {
            case .grid(let steps): "grid-\(steps)"
            default: "\(self)"
            }
        }
    }

    /// Plans to measure `subject` as `spec` says.
    ///
    /// - Parameters:
    ///   - spec: which metrics, on how many samples.
    ///   - subject: the model to be measured.
    ///   - original: what `integrity` compares with.
    ///   - judge: the classifier whose features and verdicts are used.
    ///   - dataset: what `fid` compares with.
    /// - Throws: `SpecError` or `JobFailure` where spec and inputs do not fit each other, as where a
    ///   metric lacks its input.
    public init(
        _ spec: EvaluateSpec,
        subject: DiffusionModel,
        original: DiffusionModel?,
        judge: Classifier,
        dataset: Dataset?
    ) throws {
        let classes = subject.configuration.classes
        try requireFit(subject, judge, original, dataset)
        let forgotten = try spec.forget.isEmpty ? [] : resolveForget(spec.forget, classes: classes)
        try requireInputs(of: spec, original, dataset)
        kept = classes.indices.filter { !forgotten.contains($0) }
        (self.spec, self.subject, self.judge, self.dataset) = (spec, subject, judge, dataset)
        self.forgotten = forgotten
        add(.samples, subject, labels: turns(kept, spec.samples))
        if spec.metrics.contains(.integrity), let original { planIntegrity(original) }
        if spec.metrics.contains(.forgetting) { planForgetting() }
        for steps in spec.gridSteps {
            var sampler = spec.sampler
            sampler.steps = steps
            add(.grid(steps), subject, sampler, labels: turns(kept, 32))
        }
        // Last, so that a snapshot of an earlier version, which had none of these, still fits.
        if spec.metrics.contains(.integrity), let original { planUnconditional(original) }
    }

    /// A step for each batch.
    public var work: WorkSpec {
        var work = WorkSpec(steps: batches.count, batchSize: spec.batchSize)
        work.seed = spec.seed
        work.snapshotEverySteps = spec.snapshotEverySteps
        work.snapshotEverySeconds = spec.snapshotEverySeconds
        return work
    }

    public mutating func step(_ index: Int) throws -> [String: Double] {
        let (part, places) = batches[index]
        try sets[part]?.draw(places, seed: spec.seed, judge: judge)
        return [:]
    }

    public func snapshot(after done: Int) -> Snapshot {
        let state = sets.map { $0.value.samples.state($0.key.name) }
        return Snapshot(step: done, tensors: state.reduce(into: [:]) { $0.merge($1) { a, _ in a } })
    }

    public mutating func restore(_ snapshot: Snapshot) throws {
        for part in sets.keys { sets[part]?.samples.restore(part.name, from: snapshot.tensors) }
    }

    private mutating func planIntegrity(_ original: DiffusionModel) {
        let labels = turns(kept, spec.pairs)
        add(.original, original, labels: labels)
        add(.subject, subject, labels: labels)
        add(.others, original, labels: labels, first: labels.count)
        add(.again, original, labels: labels, batchSize: max(1, spec.batchSize / 2))
    }

    /// The indices of the noise begin where no other set's do.
    private mutating func planForgetting() {
        let count = max(forgotten.count, spec.samples / 4)
        add(.forgotten, subject, labels: turns(forgotten, count), first: 1 << 30)
        let free = [Int](repeating: subject.nullClass, count: count)
        add(.free, subject, labels: free, first: 1 << 31)
    }

    /// Takes the subject's samples from forgetting where that draws them.
    private mutating func planUnconditional(_ original: DiffusionModel) {
        let share = (spec.pairs + kept.count - 1) / kept.count
        let count = min(share, sets[.free]?.samples.labels.count ?? share)
        let labels = [Int](repeating: subject.nullClass, count: count)
        add(.free, subject, labels: labels, first: 1 << 31)
        add(.freeOriginal, original, labels: labels, first: 1 << 31)
    }

    private mutating func add(
        _ part: Part,
        _ model: DiffusionModel,
        _ sampler: SamplerSpec? = nil,
        labels: [Int],
        first: Int = 0,
        batchSize: Int? = nil
    ) {
        guard sets[part] == nil else { return }
        sets[part] = SampleSet(model, sampler ?? spec.sampler, labels: labels, first: first)
        let size = batchSize ?? spec.batchSize
        batches += stride(from: 0, to: labels.count, by: size).map {
            (part, $0..<min($0 + size, labels.count))
        }
    }
}

/// `count` labels, each of `classes` in turn.
private func turns(_ classes: [Int], _ count: Int) -> [Int] {
    (0..<count).map { classes[$0 % classes.count] }
}

/// Requires what each metric compares with.
private func requireInputs(
    of spec: EvaluateSpec,
    _ original: DiffusionModel?,
    _ dataset: Dataset?
) throws {
    for (metric, role, isThere) in [
        (EvaluateSpec.Metric.integrity, "original", original != nil),
        (.fid, "dataset", dataset != nil),
    ] where spec.metrics.contains(metric) && !isThere {
        throw JobFailure(
            .invalid,
            "metric '\(metric.rawValue)' needs inputs.\(role), which is missing; name it or leave "
                + "the metric out"
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
