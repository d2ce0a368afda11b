import Randomness
import Statistics
import Testing

struct BootstrapTests {
    @Test func `equal values have an interval of no width`() {
        let interval = bootstrapMean([2, 2, 2], groups: [0, 0, 1], rounds: 100, seed: 1)
        #expect(interval == Interval(value: 2, low: 2, high: 2))
    }

    /// 200 intervals of 200 draws from N(0, 1): 95 % hold 0, with a standard deviation of 1.5
    /// points; the percentile bootstrap of a mean runs a little short of that.
    @Test func `the interval holds the mean about nineteen times in twenty`() {
        let held = (0..<200).count { run in
            let draws = Philox(key: 5).normals(200, stream: UInt64(run)).map(Double.init)
            let groups = Array(draws.indices)
            let interval = bootstrapMean(draws, groups: groups, rounds: 200, seed: UInt64(run))
            return interval.low <= 0 && 0 <= interval.high
        }
        #expect((176...199).contains(held))
    }

    @Test func `groups that vary together widen the interval`() {
        let values = (0..<100).map { Double($0 / 25) }
        let together = bootstrapMean(
            values,
            groups: (0..<100).map { $0 / 25 },
            rounds: 400,
            seed: 1
        )
        let apart = bootstrapMean(values, groups: Array(0..<100), rounds: 400, seed: 1)
        #expect(together.high - together.low > 2 * (apart.high - apart.low))
    }

    @Test func `fixed groups keep their sizes and drawn groups come whole`() {
        let groups = [0, 0, 1, 1, 1, 1]
        let fixed = Resampling(groups, drawingGroups: false, seed: 3)
        let drawn = Resampling(groups, drawingGroups: true, seed: 3)
        let sizes = (0..<50).map { round in
            #expect(fixed.indices(round: round).count { groups[$0] == 0 } == 2)
            return drawn.indices(round: round).count
        }
        #expect(Set(sizes) == [4, 6, 8])
    }

    /// Wilson's interval at z = 1.96, by hand: 0 of 10 ends at z² / (10 + z²), and all of 10 is its
    /// mirror image; 5 of 10 is ½ ± ½ z / √(10 + z²).
    @Test(arguments: [(0, 0.0, 0.2775), (5, 0.2366, 0.7634), (10, 0.7225, 1.0)])
    func `a share keeps an open interval at none and at all`(hits: Int, low: Double, high: Double) {
        let interval = Interval(share: hits, of: 10)
        #expect(interval.value == Double(hits) / 10)
        #expect(abs(interval.low - low) < 1e-4 && abs(interval.high - high) < 1e-4)
    }
}
