import Evaluation
import Foundation
import Jobs
import Statistics
import Testing

/// The strata of integrity beside the numbers that Tests/Fixtures/strata.py prints.
struct StrataTests {
    private let labels = (0..<84).map { [0, 1, 2, 4, 5, 6, 7][$0 % 7] }

    /// Waves of the pair, made to sum to 1.
    private var probabilities: [[Double]] {
        labels.enumerated().map { pair, label in
            let waves = (0..<9).map {
                1.1 + sin(Double(3 * $0 * ($0 + 2) + 5 * label) + 0.1 * Double(pair))
            }
            let sum = waves.reduce(0, +)
            return waves.map { $0 / sum }
        }
    }

    private func nearness(_ forgotten: [Int]) -> Nearness {
        Nearness(forgotten: forgotten, labels: labels, probabilities: probabilities)
    }

    private var distances: PairDistances {
        let squared = { (x: Double) in x * x }
        let places = labels.indices.map(Double.init)
        return PairDistances(
            labels: labels,
            subject: zip(labels, places).map {
                0.2 + 0.02 * Double($0) + 0.1 * squared(sin(1.7 * $1))
            },
            again: places.map { 0.001 * squared(cos($0)) },
            others: zip(labels, places).map { 1 + 0.05 * Double($0) + 0.2 * sin(0.9 * $1) }
        )
    }

    private var spec: EvaluateSpec {
        var spec = EvaluateSpec()
        spec.bootstrapRounds = 4_000
        return spec
    }

    @Test(arguments: [([3], [0, 6]), ([8], [1, 6]), ([3, 8], [0, 6])])
    func `near is what the judge confuses with each forgotten class`(lost: [Int], near: [Int]) {
        let nearness = nearness(lost)
        #expect(nearness.near == near)
        #expect(nearness.far == [0, 1, 2, 4, 5, 6, 7].filter { !near.contains($0) })
    }

    /// Of equals the first are near; one class is near, and then nothing far.
    @Test func `a quarter of the classes is near, and at least one`() {
        for (kept, near) in [(1, 1), (3, 1), (4, 1), (5, 2), (9, 3), (99, 25)] {
            let labels = Array(1...kept)
            let rows = labels.map { _ in [0.5] + labels.map { _ in 0.0 } }
            let nearness = Nearness(forgotten: [0], labels: labels, probabilities: rows)
            #expect(nearness.near == Array(1...near))
            #expect(nearness.near + nearness.far == labels)
        }
        let all = nearness([])
        #expect(all.near.isEmpty && all.far.isEmpty)
    }

    /// The ends of intervals come from other random numbers: 4,000 rounds leave them a standard
    /// error below 0.0015.
    @Test(
        arguments: [
            ([], (0.271_975_487, 0.2404, 0.3028), 84),
            ([0, 6], (0.293_561_042, 0.2235, 0.3634), 24),
            ([1, 2, 4, 5, 7], (0.264_508_320, 0.2353, 0.2943), 60),
            ([6], (0.341_383_414, 0.3234, 0.3585), 12),
        ] as [([Int], (value: Double, low: Double, high: Double), Int)]
    )
    func `a stratum has the value, interval and scale of its own pairs`(
        classes: [Int],
        due: (value: Double, low: Double, high: Double),
        pairs: Int
    ) throws {
        let chosen = classes.isEmpty ? distances : distances.of(classes)
        let stratum = try #require(Stratum(chosen, spec))
        let normalised = try #require(stratum.normalised)
        #expect(stratum.pairs == pairs)
        #expect(abs(normalised.value - due.value) < 1e-9)
        #expect(abs(normalised.low - due.low) < 0.006 && abs(normalised.high - due.high) < 0.006)
    }

    /// By hand: I = 0.3, floor 0.1, ceiling 0.9, so I_norm = 0.2 / 0.8.
    @Test func `equal pairs have a value by hand and no width`() throws {
        let pairs = PairDistances(
            labels: [1, 1, 2],
            subject: [0.3, 0.3, 0.3],
            again: [0, 0.1, 0.2],
            others: [0.9, 0.8, 1]
        )
        let normalised = try #require(Stratum(pairs, spec)?.normalised)
        for end in [normalised.value, normalised.low, normalised.high] {
            #expect(abs(end - 0.25) < 1e-12)
        }
    }

    /// 0 would pass for untouched.
    @Test func `without a ceiling above the floor there is no scale, without pairs no stratum`() {
        let alike = PairDistances(labels: [1], subject: [0.5], again: [0.1], others: [0.1])
        let stratum = Stratum(alike, spec)
        #expect(stratum?.distance.value == 0.5 && stratum?.normalised == nil)
        #expect(Stratum(alike.of([2]), spec) == nil)
    }
}
