import Foundation
import Randomness
import Statistics
import Testing

/// Rows whose mean and covariance are exactly these: x = mean ± √(d · (n−1)/n) along each axis d.
private func exactRows(mean: [Double], variances: [Double]) -> [Double] {
    let width = mean.count
    let count = 2 * width
    var rows: [Double] = []
    for axis in 0..<width {
        for sign in [-1.0, 1.0] {
            var row = mean
            row[axis] += sign * (variances[axis] * Double(count - 1) / 2).squareRoot()
            rows += row
        }
    }
    return rows
}

private func moments(_ rows: [Double], width: Int) -> Moments {
    var moments = Moments(width: width)
    moments.add(rows)
    return moments
}

struct FrechetDistanceTests {
    /// For diagonal covariances the distance is ‖μa − μb‖² + Σ (√a − √b)².
    @Test func `diagonal Gaussians have a closed form`() throws {
        let a = moments(exactRows(mean: [1, 2, 3], variances: [1, 4, 9]), width: 3)
        let b = moments(exactRows(mean: [0, 2, 5], variances: [4, 4, 1]), width: 3)
        let means: Double = 1 + 0 + 4
        let spreads: Double = 1 + 0 + 4  // (1 − 2)², (2 − 2)², (3 − 1)²
        #expect(abs(try frechetDistance(a, b) - (means + spreads)) < 1e-10)
    }

    @Test func `a set is at no distance from itself`() throws {
        let rows = Philox(key: 3).normals(500 * 16, stream: 0).map(Double.init)
        let a = moments(rows, width: 16)
        // Rounding of eigenvalues near 1 in 16 dimensions stays far below this.
        #expect(abs(try frechetDistance(a, a)) < 1e-10)
    }

    /// Tests/Fixtures/frechet.py computes the same by SciPy's general matrix square root.
    @Test func `correlated sets agree with SciPy`() throws {
        let a = moments(fixtureRows(1.0, 0.3), width: 4)
        let b = moments(fixtureRows(0.6, -0.5), width: 4)
        #expect(abs(try frechetDistance(a, b) - 0.6797557185) < 1e-8)
    }

    @Test func `blocks add up to the whole`() {
        let rows = fixtureRows(1, 0)
        var pieces = Moments(width: 4)
        pieces.add(Array(rows.prefix(40)))
        pieces.add(Array(rows.dropFirst(40)))
        let whole = moments(rows, width: 4)
        #expect(zip(pieces.covariance, whole.covariance).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func `widths must agree and numbers be finite`() {
        let a = moments([0, 1, 2, 3], width: 2)
        #expect(throws: StatisticsError.self) { try frechetDistance(a, moments([0, 1], width: 1)) }
        #expect(throws: StatisticsError.self) {
            try frechetDistance(a, moments([0, 1, .nan, 2], width: 2))
        }
    }
}

/// 64 rows of width 4 that the Python script makes too: sines of the index, sheared by `shear`.
private func fixtureRows(_ scale: Double, _ shear: Double) -> [Double] {
    (0..<64).flatMap { row in
        let base = (0..<4).map { sin(Double(row * (3 + $0) + $0 * $0)) * scale }
        return (0..<4).map { base[$0] + shear * base[($0 + 1) % 4] }
    }
}
