import Jobs
import Training

/// Trains the networks that the claims compare, or those of `numbers` alone, so that several
/// processes can share the work; the claims then find it done.
func trainForClaims(_ numbers: [Int], _ store: ClaimStore) throws {
    var trainings: [() throws -> Void] = [
        { _ = try teacher(store) },
        { _ = try store.trained(teacherSpec(.epsilon)) },
        { _ = try store.distilled(studentSpec(), of: teacher(store)) },
        { _ = try store.trained(teacherSpec(.epsilon, seed: 1)) },
        { _ = try store.trained(teacherSpec(.sigmoid, seed: 1)) },
        { _ = try store.trained(teacherSpec(.sigmoid, bias: 3)) },
    ]
    for seed in [0, 1] {
        trainings += unlearnMethods.map { method in
            { _ = try unlearned(method, seed: seed, store) }
        }
    }
    for (number, training) in trainings.enumerated()
    where numbers.isEmpty || numbers.contains(number) {
        try training()
    }
}

let unlearnMethods: [UnlearnSpec.Method] = [.saddle, .overwrite, .gradientAscent, .retainFinetune]
/// The steps after which unlearning is measured, the original's 0 aside.
let unlearnStops = [10, 20, 40, 80, 160]

/// The network of the jobs `shapes-*` with half their patch for images of half their side, and
/// their optimiser, for fewer steps; the loss claim varies loss and seed.
func teacherSpec(_ loss: LossSpec.Kind, bias: Double = -1, seed: Int = 0) -> DiffusionSpec {
    var spec = DiffusionSpec()
    spec.network.patch = 1
    spec.network.widths = [64, 128, 128]
    spec.network.levels = [.residual, .residual]
    spec.network.blocks = [1, 1]
    spec.network.middleBlocks = 2
    spec.network.embedding = 128
    spec.network.headWidth = 32
    (spec.loss.kind, spec.loss.bias) = (loss, loss == .sigmoid ? bias : LossSpec().bias)
    spec.optimizer.learningRate = 2e-3
    spec.optimizer.decay = true
    spec.ema = 0.99
    spec.flip = false
    spec.work = WorkSpec(steps: 2_000, batchSize: 16)
    spec.work.seed = seed
    return spec
}

/// The original that is distilled and unlearned, trained for as long as `shapes-teacher`.
func teacher(_ store: ClaimStore) throws -> DiffusionModel {
    var spec = teacherSpec(.sigmoid)
    spec.work.steps = 4_500
    return try store.trained(spec)
}

/// As `shapes-student`, for twice as many steps and without guidance.
func studentSpec() -> DistillSpec {
    var spec = DistillSpec()
    spec.optimizer.learningRate = 2e-4
    spec.optimizer.warmupSteps = 20
    spec.work = WorkSpec(steps: 600, batchSize: 32)
    return spec
}

/// What the jobs `shapes-forget-*` make of the teacher, all four at the rate of `shapes-forget-saddle`.
func unlearned(_ method: UnlearnSpec.Method, seed: Int, _ store: ClaimStore) throws
    -> [DiffusionModel]
{
    var spec = UnlearnSpec(method: method)
    spec.forget = [IntegrityRuler.forgotten]
    spec.target = method == .overwrite ? "circle" : ""
    spec.optimizer.learningRate = 1.5e-4
    spec.optimizer.warmupSteps = 20
    spec.samplesPerClass = 32
    spec.sampler = IntegrityRuler.sampler
    (spec.rise, spec.ascentCap) = (0.3, 0.3)
    spec.work = WorkSpec(steps: unlearnStops.last ?? 1, batchSize: 16)
    spec.work.seed = seed
    return try store.unlearned(spec, of: teacher(store), stops: unlearnStops)
}
