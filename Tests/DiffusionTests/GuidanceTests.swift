import Diffusion
import Foundation
import Tensors
import Testing

/// A network whose velocity is its label and that remembers the sizes of its batches.
private final class Labelled {
    var batches: [Int] = []

    func velocity(_ noised: Tensor, _ logSNR: Tensor, _ labels: Tensor) -> Tensor {
        batches.append(noised.size(0))
        return noised * 0 + labels.to(.float32).reshaped([labels.size(0), 1, 1, 1])
    }
}

struct GuidanceTests {
    private let labels = Tensor([2, 5] as [Int], [2])
    private let noised = Tensor.zeros([2, 1, 2, 2])

    /// uncond + w (cond − uncond) with null class 10, so 10 + w (label − 10).
    @Test(arguments: [0, 0.5, 1, 1.5, 4])
    func `guidance is linear in its weight`(weight: Double) {
        let network = Labelled()
        let velocity = guidedVelocity(
            noised,
            Tensor.zeros([2]),
            labels,
            nullClass: 10,
            guidance: weight,
            network: network.velocity
        )
        let values = velocity.mean([1, 2, 3]).doubles
        #expect(values == [10 + weight * -8, 10 + weight * -5])
        #expect(network.batches == (weight == 1 ? [2] : [4]))
    }

    @Test func `outside its interval guidance neither acts nor costs`() {
        let network = Labelled()
        let denoise = denoiser(
            labels: labels,
            nullClass: 10,
            guidance: 3,
            interval: -2...1,
            clips: false,
            network: network.velocity
        )
        let velocities = [-2.1, -2, 0, 1, 1.1].map { logSNR in
            // The noised image is 0, so data is −sigma · velocity.
            denoise(noised, logSNR).mean([1, 2, 3]).doubles[1] / -sigmoid(-logSNR).squareRoot()
        }
        let expected = [5.0, -5, -5, -5, 5]
        #expect(zip(velocities, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(network.batches == [2, 4, 4, 4, 2])
    }

    @Test func `predicted data is clipped after guidance`() {
        let network = Labelled()
        let build = { (clips: Bool) in
            denoiser(
                labels: labels,
                nullClass: 0,
                guidance: 2,
                clips: clips,
                network: network.velocity
            )
        }
        let free = build(false)(noised, 0).floats
        #expect(free.allSatisfy { $0 < -1 })
        #expect(build(true)(noised, 0).floats.allSatisfy { $0 == -1 })
    }

    @Test func `a sampler's denoiser inverts the velocity`() {
        let generator = Generator(seed: 3)
        let (data, noise) = (
            Tensor.uniform([2, 3, 4, 4], using: generator) * 2 - 1,
            Tensor.normal([2, 3, 4, 4], using: generator)
        )
        let level = NoiseLevel(-0.7, count: 2)
        let denoise = denoiser(labels: labels, nullClass: 10, guidance: 1) { _, _, _ in
            level.velocity(data, noise)
        }
        #expect(denoise(level.noised(data, noise), -0.7).distance(to: data) < 1e-6)
    }
}
