import Jobs
import Tensors
import Training

extension Unlearning {
    /// Gradient ascent: raise the denoising loss of forgotten examples, lower that of retained
    /// ones, both on real images (method `ga` of Fan et al. 2024, arXiv:2310.12508).
    ///
    /// Ascent pauses while the forgotten examples' loss has risen by the cap.
    mutating func ascentStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let (forgotten, retained) = try checked {
            (forgottenExamples(index, generator), retainedExamples(index, generator))
        }
        let count = spec.work.batchSize
        let whole = try division.mean(count) { forgetLoss(forgotten[$0]).rise }
        let (values, norm) = try division.descend(optimizer, count, after: index) { range in
            let (forget, rise) = forgetLoss(forgotten[range])
            let retain = denoisingLoss(retained[range])
            let ascent = forget * ((whole ?? rise.item) < spec.ascentCap ? -1 : 0)
            return [ascent + retain * spec.retainWeight, retain, rise]
        }
        return ["loss": values[1], "rise": values[2], "gradient_norm": norm]
    }

    /// Fine-tuning on retained images only, the weakest baseline.
    mutating func finetuneStep(_ index: Int, _ generator: Generator) throws -> [String: Double] {
        let retained = try checked { retainedExamples(index, generator) }
        let count = spec.work.batchSize
        let (values, norm) = try division.descend(optimizer, count, after: index) { range in
            [denoisingLoss(retained[range])]
        }
        return ["loss": values[0], "gradient_norm": norm]
    }

    private func denoisingLoss(_ examples: Noised) -> Tensor {
        error(examples, against: examples.velocity)
    }
}
