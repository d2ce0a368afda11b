import Datasets
import Distillation
import Jobs
import ModelSupport
import Networks
import Tensors
import Testing
import Training

@Suite(.serialized) struct PiecesTests {
    let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)

    /// The auxiliary model's step, and the student's after it; see `UnlearningTests`' pieces.
    @Test func `a batch in pieces says what the whole batch says`() throws {
        Engine.threads = 1
        var spec = DistillSpec()
        spec.work = WorkSpec(steps: 4, batchSize: 8)
        spec.work.precision = .fp32
        let values = try [1, 3].map { pieces in
            var matching = try MomentMatching(
                spec,
                teacher: smallModel(dataset, moved: ["out.weight", "levels.0.up.0.conv2.weight"]),
                dataset,
                division: Division(pieces: pieces)
            )
            return try (0..<2).map { try matching.step($0) }
        }
        for (step, tolerance) in [(0, 1e-5), (1, 1e-2)] {
            for (name, value) in values[0][step] {
                let divided = try #require(values[1][step][name])
                #expect(abs(value - divided) <= tolerance * max(0.1, abs(value)), "\(step) \(name)")
            }
        }
    }
}
