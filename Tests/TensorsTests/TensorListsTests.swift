import Foundation
import Tensors
import Testing

struct TensorListsTests {
    @Test func `clipping scales to the limit and leaves small norms alone`() {
        let a = Tensor([3, 0] as [Double], [2])
        let b = Tensor([4] as [Double], [1])
        #expect(TensorLists.clip([a, b], toNorm: 10).item == 5)
        #expect(a.doubles == [3, 0])
        _ = TensorLists.clip([a, b], toNorm: 1)
        #expect(abs(TensorLists.norm([a, b]).item - 1) < 1e-6)
        #expect(abs(a.doubles[0] - 0.6) < 1e-6)
    }

    /// Algorithm 2 of arXiv:1711.05101 by hand: two steps on one number.
    @Test func `the fused step equals the algorithm`() {
        let (rate, beta1, beta2, decay, epsilon) = (0.1, 0.9, 0.99, 0.01, 1e-8)
        let x = Tensor([2] as [Double], [1])
        let (m, v) = (x.zerosLike(), x.zerosLike())
        var (expected, first, second) = (2.0, 0.0, 0.0)
        for (step, gradient) in [0.5, -2].enumerated() {
            let t = Double(step + 1)
            TensorLists.adamW(
                [x],
                gradients: [Tensor([gradient] as [Double], [1])],
                firstMoments: [m],
                secondMoments: [v],
                counts: [Tensor([Float(t)], [])],
                learningRate: rate,
                beta1: beta1,
                beta2: beta2,
                weightDecay: decay,
                epsilon: epsilon
            )
            first = beta1 * first + (1 - beta1) * gradient
            second = beta2 * second + (1 - beta2) * gradient * gradient
            expected -= rate * decay * expected
            expected -=
                rate * (first / (1 - pow(beta1, t)))
                / ((second / (1 - pow(beta2, t))).squareRoot() + epsilon)
        }
        #expect(abs(x.item - expected) < 1e-12)
    }

    @Test func `lerp moves a fraction of the way`() {
        let x = Tensor([0, 10] as [Double], [2])
        let target = Tensor([1, 20] as [Double], [2])
        TensorLists.lerp([x], towards: [target], weight: 0.25)
        #expect(x.doubles == [0.25, 12.5])
    }
}
