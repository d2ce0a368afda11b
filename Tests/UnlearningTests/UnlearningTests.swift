import Checkpoints
import Datasets
import Foundation
import Jobs
import ModelSupport
import Networks
import Store
import Tensors
import Testing
import Training
import Unlearning

@Suite(.serialized) struct UnlearningTests {
    let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)

    init() { Engine.threads = 1 }

    private func spec(_ method: UnlearnSpec.Method, steps: Int = 4) -> UnlearnSpec {
        var spec = UnlearnSpec(method: method)
        spec.forget = ["star"]
        spec.work = WorkSpec(steps: steps, batchSize: 8)
        spec.work.precision = .fp32
        spec.work.snapshotEverySteps = 2
        spec.samplesPerClass = 4
        spec.sampler = SamplerSpec(kind: .ddim, steps: 2)
        spec.labelDropout = 0
        return spec
    }

    private func original() throws -> DiffusionModel {
        try smallModel(dataset, moved: ["out.weight", "levels.0.up.0.conv2.weight"])
    }

    @Test(arguments: UnlearnSpec.Method.allCases)
    func `a resumed run ends in the same digest`(method: UnlearnSpec.Method) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try ArtifactStore(url: folder.absoluteString)
        let spec = spec(method)
        var snapshot: SnapshotReference?
        var whole = try Unlearning(spec, original: original(), dataset: dataset)
        let control = RunControl(store: store, saved: { reference, _ in snapshot = reference })
        _ = try run(&whole, spec.work, control)
        #expect(try #require(snapshot).step == 2)
        var second = try Unlearning(spec, original: original(), dataset: dataset)
        _ = try run(
            &second,
            spec.work,
            RunControl(store: store, snapshots: [snapshot].compactMap(\.self))
        )
        #expect(
            try whole.checkpoint.save(in: store).digest == second.checkpoint.save(in: store).digest
        )
    }

    /// Where nothing has changed the integrity loss is zero, so the first step reports zero.
    @Test func `the integrity loss begins at zero`() throws {
        var saddle = try Unlearning(spec(.saddle), original: original(), dataset: nil)
        #expect(try saddle.step(0)["integrity_loss"] == 0)
    }

    /// Dual ascent: λ grows by the rate times what the rise falls short of its goal.
    @Test func `the multiplier grows while the rise falls short`() throws {
        var spec = spec(.saddle)
        (spec.rise, spec.dualRate, spec.dualInitial) = (0.5, 0.1, 1)
        var saddle = try Unlearning(spec, original: original(), dataset: nil)
        let first = try saddle.step(0)
        let second = try saddle.step(1)
        #expect(first["dual"] == 1)
        let rise = try #require(first["rise"])
        #expect(abs(try #require(second["dual"]) - (1 + 0.1 * (0.5 - rise))) < 1e-12)
    }

    @Test func `ascent raises the loss of the forgotten and leaves class embeddings alone`() throws
    {
        var spec = spec(.gradientAscent, steps: 30)
        spec.retainWeight = 0
        spec.optimizer.learningRate = 1e-3
        spec.optimizer.warmupSteps = 0
        let original = try original()
        var ascent = try Unlearning(spec, original: original, dataset: dataset)
        var rises: [Double] = []
        for step in 0..<30 { rises.append(try ascent.step(step)["rise"] ?? 0) }
        #expect(rises[0] == 0)
        #expect(rises.suffix(5).reduce(0, +) / 5 > 0.01)
        #expect(
            ascent.checkpoint.weights["class.embedding"]?.floats
                == original.parameters["class.embedding"]?.floats
        )
    }

    /// 7 classes of 20 samples, 64 a batch.
    @Test(arguments: [UnlearnSpec.Method.saddle, .overwrite])
    func `the drawing of samples tells how far it is, and can be ended`(
        method: UnlearnSpec.Method
    ) throws {
        struct Ended: Error {}
        var spec = spec(method)
        (spec.samplesPerClass, spec.sampler.steps) = (20, 1)
        var told: [[Int]] = []
        var whole = try Unlearning(spec, original: original(), dataset: nil) {
            told.append([$0, $1])
        }
        let total = 20 * dataset.classes.count
        #expect(
            told == stride(from: 64, to: total, by: 64).map { [$0, total] } + [[total, total]]
        )
        var untold = try Unlearning(spec, original: original(), dataset: nil)
        #expect(try whole.step(0) == untold.step(0))
        var calls = 0
        #expect(throws: Ended.self) {
            try Unlearning(spec, original: original(), dataset: nil) { _, _ in
                calls += 1
                throw Ended()
            }
        }
        #expect(calls == 1)
    }

    @Test func `classes without an image are named`() throws {
        let kept = dataset.labels.indices.filter { dataset.classes[dataset.labels[$0]] != "star" }
        let size = 3 * 16 * 16
        let starless = Dataset(
            resolution: 16,
            classes: dataset.classes,
            labels: kept.map { dataset.labels[$0] },
            images: kept.reduce(into: Data()) {
                $0.append(dataset.images[$1 * size..<($1 + 1) * size])
            }
        )
        let error = #expect(throws: JobFailure.self) {
            try Unlearning(spec(.gradientAscent), original: original(), dataset: starless)
        }
        #expect(error?.message.contains("no image of star;") == true)
    }

    @Test func `a class that does not exist is refused`() throws {
        var bad = spec(.saddle)
        bad.forget = ["pentagon"]
        let error = #expect(throws: SpecError.self) {
            try Unlearning(bad, original: original(), dataset: nil)
        }
        #expect(error?.description.contains("circle") == true)
    }
}
