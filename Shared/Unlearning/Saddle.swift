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
        let (integrity, forget, risen) = try checked {
            let integrity = integrityLoss(index, generator)
            let (loss, rise) = forgetLoss(index, generator)
            return (integrity, loss, rise.item)
        }
        rise = index == 0 ? risen : 0.9 * rise + 0.1 * risen
        let loss = try checked { integrity - forget * (rise < spec.rise ? dual : 0) }
        let values = ["integrity_loss": integrity.item, "rise": rise, "dual": dual]
        let norm = try optimizer.step(loss, after: index)
        dual = min(spec.dualMaximum, max(0, dual + spec.dualRate * (spec.rise - rise)))
        return values.merging(["loss": integrity.item, "gradient_norm": norm]) { a, _ in a }
    }
}
