import Diffusion
import Tensors
import Testing

struct SampleNoiseTests {
    private func noise(_ seed: Int, _ indices: [Int]) -> SampleNoise {
        SampleNoise(seed: seed, indices: indices, shape: [3, 4, 4])
    }

    @Test func `the noise of a sample does not depend on the others of its batch`() {
        let batch = noise(1, [0, 7, 3])
        #expect(batch.initial.shape == [3, 3, 4, 4])
        #expect(batch.initial.narrowed(0, from: 1, count: 1).floats == noise(1, [7]).initial.floats)
        #expect(batch.step(5).narrowed(0, from: 2, count: 1).floats == noise(1, [3]).step(5).floats)
    }

    @Test func `seed, index and step each change the noise`() {
        let draws = [
            noise(1, [0]).initial, noise(2, [0]).initial, noise(1, [1]).initial,
            noise(1, [0]).step(0), noise(1, [0]).step(1), noise(1, [1 << 32]).initial,
        ].map(\.floats)
        for (index, draw) in draws.enumerated() {
            for other in draws[(index + 1)...] { #expect(draw != other) }
        }
    }

    /// 19 200 draws each: a correlation's standard error is 0.0072, the variance's 0.0102; five
    /// are allowed.
    @Test func `draws are unit normal and steps independent`() {
        let batch = noise(3, Array(0..<400))
        let (start, next) = (batch.initial, batch.step(0))
        #expect(abs(start.meanSquare - 1) < 0.051)
        #expect(abs((start * next).mean().item) < 0.036)
    }

    @Test func `times spread evenly over any run of indices`() {
        for first in [0, 1000, 1 << 32] {
            let times = noise(4, Array(first..<first + 64)).times.sorted()
            let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
            // The golden ratio's gaps are of three lengths; below 64 points the longest is 1.62 / 55.
            #expect((gaps.max() ?? 1) < 1.63 / 55)
            #expect(times.allSatisfy { (0..<1).contains($0) })
        }
        #expect(noise(4, [9]).times == [noise(4, [8, 9]).times[1]])
    }
}
