import Jobs
import Tensors
import Training

extension Unlearning {
    /// Saddle, variant S2: min over weights, max over λ ≥ 0 of
    /// integrity loss + λ · (τ − rise of the forgotten examples' denoising loss).
    ///
    /// λ grows while the rise is below τ and falls once it is above (dual ascent). Ours is a step
    /// more careful: while the running average of the rise is above τ, λ counts as 0, so that the
    /// push ends where the goal is met and not only once λ has fallen that far. Reconstructed
    /// from arXiv:2411.02068, which gives the two losses' roles but, as far as we could read, not
    /// their form.
    mutating func saddleStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let (retained, forgotten) = try checked {
            (retainedExamples(index, generator), forgottenExamples(index, generator))
        }
        let count = spec.work.batchSize
        let whole = try division.mean(count) { forgetLoss(forgotten[$0]).rise }
        let average = { [rise] (risen: Double) in index == 0 ? risen : 0.9 * rise + 0.1 * risen }
        let (values, norm) = try division.descend(optimizer, count, after: index) { range in
            let integrity = integrityLoss(retained[range])
            let (forget, risen) = forgetLoss(forgotten[range])
            let pushes = average(whole ?? risen.item) < spec.rise
            return [integrity - forget * (pushes ? dual : 0), integrity, risen]
        }
        rise = average(whole ?? values[2])
        defer { dual = min(spec.dualMaximum, max(0, dual + spec.dualRate * (spec.rise - rise))) }
        return [
            "loss": values[1], "integrity_loss": values[1], "rise": rise, "dual": dual,
            "gradient_norm": norm,
        ]
    }
}
