import Checkpoints
import Datasets
import Distillation
import Foundation
import Jobs
import ModelSupport
import Networks
import Store
import Tensors
import Testing
import Training

@Suite(.serialized) struct MomentMatchingTests {
    let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)
    let spec: DistillSpec

    init() {
        Engine.threads = 1
        var spec = DistillSpec()
        spec.work = WorkSpec(steps: 6, batchSize: 8)
        spec.work.precision = .fp32
        spec.work.snapshotEverySteps = 3
        self.spec = spec
    }

    /// An untrained teacher whose output is not zero.
    private func teacher() throws -> DiffusionModel {
        try smallModel(dataset, moved: ["out.weight", "out.bias"])
    }

    /// The auxiliary model learns before the student moves, and only odd steps move the student.
    @Test func `even steps leave the student where it is`() throws {
        let teacher = try teacher()
        var matching = try MomentMatching(spec, teacher: teacher, dataset)
        let before = teacher.parameters.named.mapValues(\.floats)
        #expect(try matching.step(0)["loss"] != nil)
        #expect(matching.checkpoint.weights.mapValues(\.floats) == before)
        #expect(try matching.step(1)["gap"] != nil)
        #expect(matching.checkpoint.weights.mapValues(\.floats) != before)
        #expect(teacher.parameters.named.mapValues(\.floats) == before)
    }

    /// With the auxiliary model equal to the teacher the gap, and so the student's gradient, is 0
    /// (distillation by arXiv:2406.04103 starts there).
    @Test func `a student at a teacher that the auxiliary model equals does not move`() throws {
        var matching = try MomentMatching(spec, teacher: teacher(), dataset)
        let values = try matching.step(1)
        #expect(values["gap"] == 0)
        #expect(values["student_gradient_norm"] == 0)
    }

    @Test func `a resumed distillation ends in the same digest`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try ArtifactStore(url: folder.absoluteString)
        var snapshot: SnapshotReference?
        var whole = try MomentMatching(spec, teacher: teacher(), dataset)
        let control = RunControl(store: store, saved: { reference, _ in snapshot = reference })
        _ = try run(&whole, spec.work, control)
        #expect(try #require(snapshot).step == 3)
        var second = try MomentMatching(spec, teacher: teacher(), dataset)
        _ = try run(
            &second,
            spec.work,
            RunControl(store: store, snapshots: [snapshot].compactMap(\.self))
        )
        #expect(
            try whole.checkpoint.save(in: store).digest == second.checkpoint.save(in: store).digest
        )
        #expect(whole.checkpoint.configuration.studentSteps == 8)
    }

    @Test func `a dataset of another size is refused by name`() throws {
        let other = Shapes.dataset(count: 8, resolution: 32, seed: 1)
        let failure = #expect(throws: JobFailure.self) {
            try MomentMatching(spec, teacher: teacher(), other)
        }
        #expect(failure?.reason == .invalid)
        #expect(failure?.message.contains("16") == true)
    }
}
