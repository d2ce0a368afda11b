import Diffusion
import Jobs
import Tensors
import Testing

struct HeldOutErrorTests {
    private func errors(
        _ data: Tensor,
        _ indices: [Int],
        network: VelocityNetwork
    ) -> [HeldOutError] {
        let noise = SampleNoise(seed: 2, indices: indices, shape: [1, 8, 8])
        return heldOutErrors(data, noise, schedule(.cosine), network: network)
    }

    @Test func `an example's error does not depend on its batch`() {
        let data = Tensor.uniform([3, 1, 8, 8], using: Generator(seed: 1))
        let together = errors(data, [4, 5, 6]) { noised, _ in noised }
        let alone = errors(data.narrowed(0, from: 2, count: 1), [6]) { noised, _ in noised }
        #expect(together[2] == alone[0])
    }

    /// Unit Gaussian data has velocity of mean square 1 at every level. 64 examples of 64 pixels in
    /// four bins: about 1 000 draws each, standard error 0.045 of the mean square; four are allowed.
    @Test func `every bin of no answer has the velocity's mean square`() {
        let data = Tensor.normal([64, 1, 8, 8], using: Generator(seed: 9))
        let found = errors(data, Array(0..<64)) { noised, _ in noised * 0 }
        let bins = binned(found, edges: [-11, -2, 0, 2, 11])
        #expect(bins.map(\.count).reduce(0, +) == 64)
        for bin in bins {
            #expect(bin.count > 8)
            #expect(abs((bin.velocity ?? 0) - 1) < 0.18)
        }
    }

    @Test func `errors are sorted by logSNR and converted to data`() {
        let found = [
            HeldOutError(logSNR: -1, velocity: 2), HeldOutError(logSNR: 0, velocity: 4),
            HeldOutError(logSNR: 0.5, velocity: 6),
        ]
        let bins = binned(found, edges: [-2, 0, 1, 2])
        #expect(bins.map(\.count) == [1, 2, 0])
        #expect(bins.map(\.velocity) == [2, 5, nil])
        #expect(abs((bins[0].data ?? 0) - 2 * sigmoid(1)) < 1e-12)
        #expect(bins[2].data == nil)
    }
}
