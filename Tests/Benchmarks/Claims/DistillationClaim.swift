import Datasets
import Jobs
import Statistics
import Tensors
import Training

/// Moment matching (arXiv:2406.04103): a student of 8 steps is better than its teacher at 8 steps
/// and about as good as its teacher at many. Same labels, same noise.
func testDistillationClaim(_ bench: ClaimBench) throws {
    let teacher = try teacher(bench.store)
    let spec = studentSpec()
    let student = try bench.store.distilled(spec, of: teacher)
    let real = try bench.real(Set(Shapes.classes.indices))
    var results: [String: ClaimSamples] = [:]
    for (name, model, kind, steps) in [
        ("student 8", student, SamplerSpec.Kind.ancestral, 8),
        ("teacher 8", teacher, .ancestral, 8),
        ("teacher 8 ddim", teacher, .ddim, 8),
        ("teacher 256", teacher, .ancestral, 256),
    ] {
        var sampler = SamplerSpec(kind: kind, steps: steps)
        sampler.varianceMix = 0
        let (drawn, seconds) = try timed {
            try bench.samples(model, sampler, labels: bench.labels(512))
        }
        let judged = try ClaimSamples(drawn, against: real)
        results[name] = judged
        var line = judged.numbers.merging(seconds) { a, _ in a }
        line["arm"] = .string(name)
        line["student_updates"] = .int(spec.work.steps / 2)
        reportClaim("distillation", "arm", line)
    }
    guard let own = results["student 8"] else { return }
    for (name, other) in results.sorted(by: { $0.key < $1.key }) where name != "student 8" {
        var line = try own.differences(from: other)
        line["from"] = .string(name)
        reportClaim("distillation", "student 8 minus " + name, line)
    }
    reportClaim("distillation", "real images", ["fid_clf": .double(try bench.floor(real))])
}

extension ClaimBench {
    /// The Fréchet distance that 512 images of the training set have, for scale.
    func floor(_ real: Moments) throws -> Double {
        var moments = Moments(width: real.width)
        let pixels = Tensor(store.dataset.pixels(Array(0..<512)), [512, 3, Self.side, Self.side])
        moments.add(try judge.judge(pixels).features.doubles)
        return rounded(try frechetDistance(moments, real))
    }
}
