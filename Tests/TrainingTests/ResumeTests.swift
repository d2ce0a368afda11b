import Checkpoints
import Datasets
import Foundation
import Jobs
import Store
import Tensors
import Testing
import Training

/// A store in a folder of its own, gone with the test.
func withStore<Result>(_ body: (ArtifactStore) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(ArtifactStore(url: folder.absoluteString))
}

func tinySpec(_ precision: Precision, steps: Int) -> DiffusionSpec {
    var spec = DiffusionSpec()
    spec.network.patch = 2
    spec.network.widths = [16, 32]
    spec.network.levels = [.residual]
    spec.network.blocks = [1]
    spec.network.middleBlocks = 1
    spec.network.embedding = 32
    spec.network.headWidth = 16
    spec.network.dropout = [0, 0.1]
    spec.work = WorkSpec(steps: steps, batchSize: 8)
    spec.work.precision = precision
    spec.optimizer.warmupSteps = 4
    return spec
}

@Suite(.serialized) struct ResumeTests {
    let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)

    @Test(arguments: [Precision.fp32, .bf16])
    func `a resumed run ends in the digest of an unbroken one`(precision: Precision) throws {
        Engine.threads = 1
        try withStore { store in
            let spec = tinySpec(precision, steps: 8)
            var whole = try DiffusionTraining(spec, dataset)
            #expect(try run(&whole, spec.work, RunControl(store: store)) == .finished)

            var snapshot: SnapshotReference?
            var done = 0
            var first = try DiffusionTraining(spec, dataset)
            let control = RunControl(
                store: store,
                report: { step, _ in done = step },
                saved: { reference, _ in snapshot = reference },
                shouldStop: { done >= 1 }
            )
            #expect(try run(&first, spec.work, control) == .released)
            var second = try DiffusionTraining(spec, dataset)
            let rest = RunControl(store: store, snapshots: [snapshot].compactMap(\.self))
            #expect(try run(&second, spec.work, rest) == .finished)

            #expect((1..<8).contains(try #require(snapshot).step))
            #expect(
                try whole.checkpoint.save(in: store).digest
                    == second.checkpoint.save(in: store).digest
            )
        }
    }

    @Test func `a classifier resumes bit for bit`() throws {
        Engine.threads = 1
        try withStore { store in
            var spec = ClassifierSpec()
            (spec.width, spec.depth, spec.headWidth) = (32, 1, 16)
            spec.work = WorkSpec(steps: 6, batchSize: 8)
            spec.work.snapshotEverySteps = 3
            var snapshot: SnapshotReference?
            var whole = try ClassifierTraining(spec, dataset)
            let control = RunControl(store: store, saved: { reference, _ in snapshot = reference })
            _ = try run(&whole, spec.work, control)
            var second = try ClassifierTraining(spec, dataset)
            _ = try run(
                &second,
                spec.work,
                RunControl(store: store, snapshots: [snapshot].compactMap(\.self))
            )
            #expect(try #require(snapshot).step == 3)
            #expect(
                try whole.checkpoint.save(in: store).digest
                    == second.checkpoint.save(in: store).digest
            )
        }
    }

    @Test func `a run that diverges says so and keeps its last snapshot`() throws {
        Engine.threads = 1
        try withStore { store in
            var spec = tinySpec(.fp32, steps: 60)
            spec.optimizer.learningRate = 1
            spec.optimizer.clipNorm = 1e9
            spec.optimizer.warmupSteps = 0
            spec.optimizer.epsilon = 1e-20
            spec.optimizer.beta2 = 0
            spec.work.snapshotEverySteps = 1
            var snapshot: SnapshotReference?
            var training = try DiffusionTraining(
                spec,
                Shapes.dataset(count: 8, resolution: 16, seed: 2)
            )
            let control = RunControl(store: store, saved: { reference, _ in snapshot = reference })
            let failure = #expect(throws: JobFailure.self) {
                try run(&training, spec.work, control)
            }
            #expect(failure?.reason == .diverged)
            let kept = try Snapshot(#require(snapshot), in: store)
            #expect(kept.tensors.values.allSatisfy { $0.isFinite })
        }
    }
}
