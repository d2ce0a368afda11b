import Checkpoints
import Datasets
import Distillation
import Foundation
import Jobs
import Networks
import Store
import Training
import Unlearning

/// Networks that are trained once and kept under `.claims`, by the side of the images and the
/// digest of their spec.
struct ClaimStore {
    static let side = 16
    let dataset = Shapes.dataset(count: 4_096, resolution: Self.side, seed: 1)
    private let folder: URL
    private let store: ArtifactStore

    init() throws {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        folder = here.appending(path: ".claims/\(Self.side)")
        store = try ArtifactStore(url: folder.absoluteURL.absoluteString)
    }

    /// The classifier of `spec`.
    func judge(_ spec: ClassifierSpec) throws -> Classifier {
        let digest = try kept(spec) { keep in
            var training = try ClassifierTraining(spec, dataset)
            try finish(&training, 0..<spec.work.steps, "judge")
            try keep(training.checkpoint, spec)
        }
        return try Classifier(digest, in: store)
    }

    /// The network of `spec`, in float32.
    func trained(_ spec: DiffusionSpec) throws -> DiffusionModel {
        try model(
            kept(spec) { keep in
                var training = try DiffusionTraining(spec, dataset)
                try finish(&training, 0..<spec.work.steps, spec.loss.kind.rawValue)
                try keep(training.checkpoint, spec)
            }
        )
    }

    /// The student of `teacher`, in float32.
    func distilled(_ spec: DistillSpec, of teacher: DiffusionModel) throws -> DiffusionModel {
        try model(
            kept(spec) { keep in
                let teacher = try working(teacher, spec.work.precision)
                var training = try MomentMatching(spec, teacher: teacher, dataset)
                try finish(&training, 0..<spec.work.steps, "student")
                try keep(training.checkpoint, spec)
            }
        )
    }

    /// What `spec` makes of `original` after each of `stops`, in float32.
    func unlearned(_ spec: UnlearnSpec, of original: DiffusionModel, stops: [Int]) throws
        -> [DiffusionModel]
    {
        let specs = stops.map { stop in
            var spec = spec
            spec.work.steps = stop
            return spec
        }
        return try specs.map { wanted in
            try model(
                kept(wanted) { keep in
                    let original = try working(original, spec.work.precision)
                    var training = try Unlearning(spec, original: original, dataset: dataset)
                    var done = 0
                    for spec in specs {
                        let steps = done..<spec.work.steps
                        try finish(&training, steps, "\(spec.method.rawValue)")
                        done = spec.work.steps
                        try keep(training.checkpoint, spec)
                    }
                }
            )
        }
    }

    /// `model` with the precision that training computes in.
    private func working(_ model: DiffusionModel, _ precision: Precision) throws
        -> DiffusionModel
    {
        let copy = try DiffusionModel(model.configuration, seed: 0, plan: ComputePlan(precision))
        try copy.parameters.load(model.parameters.named)
        return copy
    }

    private func model(_ digest: Digest) throws -> DiffusionModel {
        try DiffusionModel(digest, in: store, plan: ComputePlan(.fp32))
    }

    /// The checkpoint of `spec`; where there is none, `make` must keep it.
    private func kept<Spec: Encodable>(
        _ spec: Spec,
        _ make: ((Checkpoint, Spec) throws -> Void) throws -> Void
    ) throws -> Digest {
        if let digest = try noted(spec) { return digest }
        let (_, seconds) = try timed {
            try make { checkpoint, spec in
                let digest = try checkpoint.save(in: store).digest
                try Data(digest.hex.utf8).write(to: note(spec), options: .atomic)
            }
        }
        let json = try JSON(encoding: spec)
        reportClaim("training", "\(Spec.self)", seconds.merging(["spec": json]) { a, _ in a })
        guard let digest = try noted(spec) else {
            throw SpecError("the training of \(Spec.self) left no checkpoint")
        }
        return digest
    }

    private func noted(_ spec: some Encodable) throws -> Digest? {
        let note = try note(spec)
        guard FileManager.default.fileExists(atPath: note.path) else { return nil }
        guard let digest = Digest(hex: try String(contentsOf: note, encoding: .utf8)) else {
            throw SpecError("\(note.path) holds no digest; delete it")
        }
        return digest
    }

    private func note<Spec: Encodable>(_ spec: Spec) throws -> URL {
        let digest = Digest(of: try JSON(encoding: spec).canonical)
        return folder.appending(path: "\(Spec.self)-\(digest.hex.prefix(16))")
    }
}

/// Takes `steps`, with a line on standard error now and then.
private func finish(_ training: inout some Steps, _ steps: Range<Int>, _ name: String) throws {
    for index in steps {
        let values = try training.step(index)
        guard (index + 1).isMultiple(of: 200) || index + 1 == steps.upperBound else { continue }
        let numbers = values.sorted { $0.key < $1.key }.map { "\($0.key) \(rounded($0.value))" }
        let line = "\(name) \(index + 1) \(numbers.joined(separator: " "))\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
