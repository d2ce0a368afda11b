import Datasets
import Jobs
import ModelSupport
import Networks
import Tensors
import Testing
import Training
import Unlearning

@Suite(.serialized) struct PiecesTests {
    let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)

    /// The first step is the same but for rounding; the second starts from weights that AdamW moved
    /// by the sign of gradients which may be nothing but rounding, and so says less.
    @Test(arguments: UnlearnSpec.Method.allCases)
    func `a batch in pieces says what the whole batch says`(method: UnlearnSpec.Method) throws {
        Engine.threads = 1
        var spec = UnlearnSpec(method: method)
        spec.forget = ["star"]
        spec.work = WorkSpec(steps: 2, batchSize: 8)
        spec.work.precision = .fp32
        (spec.samplesPerClass, spec.sampler) = (4, SamplerSpec(kind: .ddim, steps: 2))
        let values = try [1, 3].map { pieces in
            var unlearning = try Unlearning(
                spec,
                original: smallModel(dataset, moved: ["out.weight", "levels.0.up.0.conv2.weight"]),
                dataset: dataset,
                division: Division(pieces: pieces)
            )
            return try (0..<2).map { try unlearning.step($0) }
        }
        for (step, tolerance) in [(0, 1e-5), (1, 1e-2)] {
            for (name, value) in values[0][step] {
                let divided = try #require(values[1][step][name])
                #expect(abs(value - divided) <= tolerance * max(0.1, abs(value)), "\(step) \(name)")
            }
        }
    }
}
