import Checkpoints
import Datasets
import Distillation
import Evaluation
import Foundation
import Jobs
import Networks
import Statistics
import Store
import Tensors
import Training

/// What all claims share: the images, the judge, and networks that are trained once and kept under
/// `.claims`, by the digest of their spec.
struct ClaimBench {
    static let rounds = 1_000
    let dataset = Shapes.dataset(count: 4_096, resolution: 32, seed: 1)
    /// Images that nothing was trained on, which samples are compared with.
    let fresh = Shapes.dataset(count: 2_048, resolution: 32, seed: 2)
    let judge: Classifier
    private let folder: URL
    private let store: ArtifactStore

    init() throws {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        folder = here.appending(path: ".claims")
        store = try ArtifactStore(url: folder.absoluteURL.absoluteString)
        var spec = ClassifierSpec()
        (spec.patch, spec.width, spec.depth) = (4, 64, 3)
        spec.work = WorkSpec(steps: 600, batchSize: 64)
        let digest = try Self.kept(spec, in: (folder, store)) { [dataset] in
            var training = try ClassifierTraining(spec, dataset)
            try Self.finish(&training, spec.work, "judge")
            return training.checkpoint
        }
        judge = try Classifier(digest, in: store)
    }

    /// The network of `spec`, in float32.
    func trained(_ spec: DiffusionSpec) throws -> DiffusionModel {
        let digest = try Self.kept(spec, in: (folder, store)) {
            var training = try DiffusionTraining(spec, dataset)
            try Self.finish(&training, spec.work, "\(spec.loss.kind.rawValue)")
            return training.checkpoint
        }
        return try model(digest)
    }

    /// The student of `teacher`, in float32.
    func distilled(_ spec: DistillSpec, of teacher: DiffusionModel) throws -> DiffusionModel {
        let digest = try Self.kept(spec, in: (folder, store)) {
            let teacher = try working(teacher, spec.work.precision)
            var training = try MomentMatching(spec, teacher: teacher, dataset)
            try Self.finish(&training, spec.work, "student")
            return training.checkpoint
        }
        return try model(digest)
    }

    /// `model` with the precision that training computes in.
    func working(_ model: DiffusionModel, _ precision: Precision) throws -> DiffusionModel {
        let copy = try DiffusionModel(model.configuration, seed: 0, plan: ComputePlan(precision))
        try copy.parameters.load(model.parameters.named)
        return copy
    }

    /// `checkpoint` in float32, as it is evaluated.
    func model(_ checkpoint: Checkpoint) throws -> DiffusionModel {
        let model = try DiffusionModel(
            checkpoint.configuration,
            seed: 0,
            plan: ComputePlan(.fp32)
        )
        try model.parameters.load(checkpoint.weights)
        return model
    }

    private func model(_ digest: Digest) throws -> DiffusionModel {
        try DiffusionModel(digest, in: store, plan: ComputePlan(.fp32))
    }

    private static func kept(
        _ spec: some Encodable,
        in place: (folder: URL, store: ArtifactStore),
        _ make: () throws -> Checkpoint
    ) throws -> Digest {
        let json = try JSON(encoding: spec)
        let name = "\(type(of: spec))-\(Digest(of: json.canonical).hex.prefix(16))"
        let note = place.folder.appending(path: name)
        if let text = try? String(contentsOf: note, encoding: .utf8) {
            guard let digest = Digest(hex: text) else {
                throw SpecError("\(note.path) holds no digest; delete it")
            }
            return digest
        }
        let (checkpoint, seconds) = try timed(make)
        let digest = try checkpoint.save(in: place.store).digest
        try Data(digest.hex.utf8).write(to: note, options: .atomic)
        reportClaim("training", name, seconds.merging(["spec": json]) { a, _ in a })
        return digest
    }

    /// Takes all steps, with a line on standard error now and then.
    static func finish(_ steps: inout some Steps, _ work: WorkSpec, _ name: String) throws {
        for index in 0..<work.steps {
            let values = try steps.step(index)
            guard (index + 1).isMultiple(of: 200) || index + 1 == work.steps else { continue }
            let numbers = values.sorted { $0.key < $1.key }.map { "\($0.key) \(rounded($0.value))" }
            let line = "\(name) \(index + 1)/\(work.steps) \(numbers.joined(separator: " "))\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }
}
