import Jobs
import Tensors
import Training

extension Unlearning {
    /// Gradient ascent: raise the denoising loss of forgotten examples, lower that of retained
    /// ones, both on real images (method `ga` of Fan et al. 2024, arXiv:2310.12508).
    ///
    /// Ascent pauses while the forgotten examples' loss has risen by the cap.
    mutating func ascentStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let (loss, retain, risen) = try checked {
            let (forget, rise) = forgetLoss(index, generator)
            let retain = retainDenoisingLoss(index, generator)
            let risen = rise.item
            let ascent = forget * (risen < spec.ascentCap ? -1 : 0)
            return (ascent + retain * spec.retainWeight, retain.item, risen)
        }
        let norm = try optimizer.step(loss, after: index)
        return ["loss": retain, "rise": risen, "gradient_norm": norm]
    }

    /// Fine-tuning on retained images only, the weakest baseline.
    mutating func finetuneStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let loss = try checked { retainDenoisingLoss(index, generator) }
        let value = loss.item
        return ["loss": value, "gradient_norm": try optimizer.step(loss, after: index)]
    }

    private mutating func retainDenoisingLoss(_ index: Int, _ generator: Generator) -> Tensor {
        let batch = source.retain(index, for: model)
        let examples = noised(batch, dropping: spec.labelDropout, using: generator)
        return error(examples, against: examples.velocity)
    }
}
