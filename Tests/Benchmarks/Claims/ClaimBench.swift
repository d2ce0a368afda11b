import Datasets
import Jobs
import Tensors
import Training

/// What all claims share: trained networks, the judge, and images that nothing was trained on.
struct ClaimBench {
    static let rounds = 1_000
    static let side = ClaimStore.side
    let store: ClaimStore
    /// What samples are compared with.
    let fresh = Shapes.dataset(count: 2_048, resolution: Self.side, seed: 2)
    let judge: Classifier

    init(_ store: ClaimStore) throws {
        self.store = store
        var spec = ClassifierSpec()
        (spec.patch, spec.width, spec.depth, spec.shift) = (2, 64, 2, 1)
        spec.optimizer.learningRate = 3e-3
        spec.work = WorkSpec(steps: 1_500, batchSize: 32)
        judge = try store.judge(spec)
        reportClaim("judge", "accuracy", ["fresh_images": .double(try accuracyOfJudge())])
    }

    /// The share of a thousand fresh images that the judge sees as what they are.
    private func accuracyOfJudge() throws -> Double {
        let indices = Array(0..<1_000)
        let pixels = Tensor(fresh.pixels(indices), [1_000, 3, Self.side, Self.side])
        let seen = try judge.judge(pixels).probabilities.indexOfMaximum(1).integers
        return Double(zip(seen, fresh.labels).count { $0 == $1 }) / 1_000
    }
}
