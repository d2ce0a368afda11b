/// The Fréchet distance between two Gaussians with these moments:
/// ‖μa − μb‖² + tr(Σa + Σb − 2 (Σa^½ Σb Σa^½)^½).
///
/// Heusel et al. 2017, arXiv:1706.08500, equation 6. Both roots come from symmetric
/// eigendecompositions, with eigenvalues below zero, which are rounding, taken as zero.
/// - Throws: `StatisticsError` for different widths, fewer than two rows, or numbers that are not
///   finite.
public func frechetDistance(_ a: Moments, _ b: Moments) throws -> Double {
    guard a.width == b.width else {
        throw StatisticsError(description: "features of width \(a.width) against \(b.width)")
    }
    guard a.count > 1, b.count > 1 else {
        throw StatisticsError(
            description:
                "a Fréchet distance needs two rows on each side, has \(a.count) and \(b.count)"
        )
    }
    let size = a.width
    let (first, second) = (a.covariance, b.covariance)
    let apart = zip(a.mean, b.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let root = try squareRoot(first, size: size)
    let lengths = (rows: size, columns: size, inner: size)
    let inner = Matrix.product(Matrix.product(root, second, lengths), root, lengths)
    let overlap = try Matrix.symmetricEigen(symmetrised(inner, size), size: size).values
    let traces = (0..<size).reduce(0) { $0 + first[$1 * size + $1] + second[$1 * size + $1] }
    return apart + traces - 2 * overlap.reduce(0) { $0 + max(0, $1).squareRoot() }
}

/// The positive root of a symmetric positive matrix.
private func squareRoot(_ matrix: [Double], size: Int) throws -> [Double] {
    let (values, vectors) = try Matrix.symmetricEigen(matrix, size: size)
    var scaled = vectors
    for row in 0..<size {
        let root = max(0, values[row]).squareRoot()
        for column in 0..<size { scaled[row * size + column] *= root }
    }
    return Matrix.product(vectors, scaled, (size, size, size), transposingLeft: true)
}

private func symmetrised(_ matrix: [Double], _ size: Int) -> [Double] {
    var result = matrix
    for i in 0..<size {
        for j in 0..<size {
            result[i * size + j] = (matrix[i * size + j] + matrix[j * size + i]) / 2
        }
    }
    return result
}
