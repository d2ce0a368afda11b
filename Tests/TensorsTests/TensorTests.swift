import Foundation
import Tensors
import Testing

struct TensorTests {
    @Test func `elements survive the way there and back`() {
        let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], [2, 3])
        #expect(x.shape == [2, 3])
        #expect(x.floats == [1, 2, 3, 4, 5, 6])
        #expect(x.transposed(0, 1).floats == [1, 4, 2, 5, 3, 6])
        #expect(x.to(.int64).integers == [1, 2, 3, 4, 5, 6])
    }

    @Test func `a matrix product equals its definition`() {
        let a = Tensor([1, 2, 3, 4] as [Double], [2, 2])
        let b = Tensor([5, 6, 7, 8] as [Double], [2, 2])
        #expect(a.matmul(b).doubles == [19, 22, 43, 50])
    }

    @Test func `gradients equal the derivative`() {
        let x = Tensor([0.5, -1, 2] as [Double], [3])
        x.requiresGradient = true
        let unused = Tensor([1] as [Double], [1])
        unused.requiresGradient = true
        let gradients = (x.squared() * 3).sum().gradients(of: [x, unused])
        #expect(gradients[0].doubles == [3, -6, 12])
        #expect(gradients[1].doubles == [0])
    }

    @Test func `a seed weighs the rows of a Jacobian`() {
        let x = Tensor([1, 2] as [Double], [2])
        x.requiresGradient = true
        let seed = Tensor([10, 100] as [Double], [2])
        #expect(x.squared().gradients(of: [x], seed: seed)[0].doubles == [20, 400])
    }

    @Test func `nothing is recorded without gradients`() {
        let x = Tensor([1] as [Double], [1])
        x.requiresGradient = true
        #expect(withoutGradients { x * 2 }.requiresGradient == false)
        #expect((x * 2).requiresGradient)
    }

    @Test func `a refusal is thrown once, by the scope around it`() throws {
        let a = Tensor.zeros([2, 3])
        let error = #expect(throws: TensorError.self) {
            try checked { (a.matmul(a) + a).sum().item }
        }
        #expect(error?.message.contains("cannot be multiplied") == true)
        #expect(try checked { a.sum().item } == 0)
    }

    @Test func `an error of Swift leaves no refusal behind`() throws {
        struct Mine: Error {}
        #expect(throws: (any Error).self) {
            try checked {
                _ = Tensor.zeros([2]).matmul(.zeros([3]))
                throw Mine()
            }
        }
        #expect(try checked { Tensor.zeros([1]).item } == 0)
    }

    @Test func `a refusal outside any scope ends the process`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([2]).matmul(.zeros([3]))
        }
    }

    @Test func `autocast computes products in bfloat16 and only inside`() {
        let x = Tensor.full([4, 4], 1)
        #expect(autocast(to: .bfloat16) { x.matmul(x) }.dtype == .bfloat16)
        #expect(autocast(to: nil) { x.matmul(x) }.dtype == .float32)
        #expect(x.matmul(x).dtype == .float32)
    }

    @Test func `generators repeat by seed and step`() {
        let draw = { (seed: UInt64, step: Int) in
            Tensor.normal([8], using: Generator(seed: seed, step: step)).floats
        }
        #expect(draw(1, 2) == draw(1, 2))
        #expect(draw(1, 2) != draw(2, 1))
        #expect(draw(0, 1) != draw(1, 0))
    }

    /// 40 000 draws keep with probability 0.75: standard deviation 87 of the count.
    @Test func `dropout zeroes its share and keeps the mean`() {
        let x = Tensor.full([40_000], 1)
        let dropped = x.dropout(0.25, using: Generator(seed: 3))
        let kept = dropped.floats.filter { $0 != 0 }
        #expect(abs(kept.count - 30_000) < 440)
        #expect(kept.allSatisfy { abs($0 - 4 / 3) < 1e-6 })
    }
}
