import Datasets
import Diffusion
import Evaluation
import Jobs
import Tensors
import Training

/// Simpler Diffusion (arXiv:2410.19324): the sigmoid loss gives better samples than the mean
/// squared error of noise. Same seed, order of data, noise, network, schedule, optimiser and
/// images seen.
func testLossClaim(_ bench: ClaimBench) throws {
    let real = try bench.real(Set(Shapes.classes.indices))
    for seed in [0, 1] {
        let epsilon = try lossArm(teacherSpec(.epsilon, seed: seed), bench)
        for bias in seed == 0 ? [-1.0, 3] : [-1.0] {
            let sigmoid = try lossArm(
                teacherSpec(.sigmoid, bias: bias, seed: seed),
                bench
            )
            let (a, b) = try (
                ClaimSamples(sigmoid, against: real), ClaimSamples(epsilon, against: real)
            )
            let seen: [String: JSON] = ["seed": .int(seed), "bias": .double(bias)]
            reportClaim(
                "loss",
                "sigmoid minus epsilon",
                try a.differences(from: b).merging(seen) { a, _ in a }
            )
        }
    }
}

private func lossArm(_ spec: DiffusionSpec, _ bench: ClaimBench) throws -> JudgedSamples {
    let model = try bench.store.trained(spec)
    var sampler = SamplerSpec(kind: .ancestral, steps: 32)
    sampler.varianceMix = 0
    let (drawn, seconds) = try timed {
        try bench.samples(model, sampler, labels: bench.labels(512))
    }
    let judged = try ClaimSamples(drawn, against: bench.real(Set(Shapes.classes.indices)))
    var line = judged.numbers.merging(seconds) { a, _ in a }
    line["loss"] = .string(spec.loss.kind.rawValue)
    line["bias"] = spec.loss.kind == .sigmoid ? .double(spec.loss.bias) : .null
    line["seed"] = .int(spec.work.seed)
    line["images_seen"] = .int(spec.work.steps * spec.work.batchSize)
    line["sampler"] = try JSON(encoding: sampler)
    line["held_out_velocity_error"] = heldOut(model, bench)
    reportClaim("loss", "arm", line)
    return drawn
}

/// The error of velocity on 512 fresh images, by logSNR.
private func heldOut(_ model: DiffusionModel, _ bench: ClaimBench) -> JSON {
    let indices = Array(0..<512)
    let data = model.batch(bench.fresh, indices)
    let labels = model.labels(indices.map { bench.fresh.labels[$0] }, using: .init(seed: 0))
    let shape = [3, ClaimBench.side, ClaimBench.side]
    let noise = SampleNoise(seed: 0, indices: indices, shape: shape)
    let errors = heldOutErrors(data, noise, model.schedule) { noised, logSNR in
        model.velocity(noised, logSNR, labels)
    }
    let bins = binned(errors, edges: [-11, -6, -3, 0, 3, 6, 11])
    return .object(
        Dictionary(
            uniqueKeysWithValues: bins.map { bin in
                let name = "\(Int(bin.logSNR.lowerBound))..<\(Int(bin.logSNR.upperBound))"
                return (name, bin.velocity.map { .double(rounded($0)) } ?? .null)
            }
        )
    )
}
