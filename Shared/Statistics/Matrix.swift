import CLAPACK

/// Dense row-major matrices of float64, by OpenBLAS and LAPACK.
public enum Matrix {
    /// `left · right + adding`, with (rows, columns, inner) lengths.
    public static func product(
        _ left: [Double],
        _ right: [Double],
        _ lengths: (rows: Int, columns: Int, inner: Int),
        transposingLeft: Bool = false,
        adding: [Double]? = nil
    ) -> [Double] {
        let (rows, columns, inner) = lengths
        precondition(left.count == rows * inner && right.count == inner * columns, "sizes disagree")
        requireOpenBLAS()
        var result = adding ?? [Double](repeating: 0, count: rows * columns)
        let (m, n, k) = (Int32(rows), Int32(columns), Int32(inner))
        cl_product(transposingLeft, m, n, k, left, right, adding != nil, &result)
        return result
    }

    /// The eigenvalues, rising, and eigenvectors, as rows, of a symmetric `size` × `size` matrix.
    ///
    /// - Throws: `StatisticsError` where LAPACK finds none, as for NaN.
    public static func symmetricEigen(
        _ matrix: [Double],
        size: Int
    ) throws -> (values: [Double], vectors: [Double]) {
        precondition(matrix.count == size * size, "sizes disagree")
        guard matrix.allSatisfy(\.isFinite) else {
            throw StatisticsError(description: "a matrix holds a number that is not finite")
        }
        requireOpenBLAS()
        var vectors = matrix
        var values = [Double](repeating: 0, count: size)
        // Column-major: a symmetric matrix is its own transpose, and its eigenvectors are columns,
        // that is, rows of the row-major reading.
        let status = cl_symmetric_eigen(Int32(size), &vectors, &values)
        guard status == 0 else {
            throw StatisticsError(description: "LAPACK's dsyevd stopped with \(status)")
        }
        return (values, vectors)
    }

    /// The threads that a product may use.
    public static func setThreads(_ count: Int) {
        requireOpenBLAS()
        cl_set_threads(Int32(count))
    }

    private static func requireOpenBLAS() {
        precondition(cl_open(), "libopenblas.so.0 is missing; install libopenblas0")
    }
}

/// What a statistic cannot be computed from.
public struct StatisticsError: Error, CustomStringConvertible {
    public let description: String
}
