/// The mean and covariance of rows that arrive in blocks, in float64.
public struct Moments: Sendable {
    public let width: Int
    public private(set) var count = 0
    private var sums: [Double]
    /// Sums of products, row-major, `width` × `width`.
    private var products: [Double]

    public init(width: Int) {
        self.width = width
        sums = [Double](repeating: 0, count: width)
        products = [Double](repeating: 0, count: width * width)
    }

    /// Takes in `rows`, row-major.
    ///
    /// - Precondition: there is a whole number of rows of `width`.
    public mutating func add(_ rows: [Double]) {
        precondition(rows.count.isMultiple(of: width), "a block of \(rows.count) for \(width)")
        let added = rows.count / width
        for row in 0..<added {
            for column in 0..<width { sums[column] += rows[row * width + column] }
        }
        // products += rowsᵀ · rows
        products = Matrix.product(
            rows,
            rows,
            (width, width, added),
            transposingLeft: true,
            adding: products
        )
        count += added
    }

    public var mean: [Double] { sums.map { $0 / Double(count) } }

    /// The unbiased covariance, row-major.
    ///
    /// - Precondition: there are at least two rows.
    public var covariance: [Double] {
        precondition(count > 1, "a covariance needs two rows")
        let mean = mean
        var result = products
        for i in 0..<width {
            for j in 0..<width {
                let centred = products[i * width + j] - Double(count) * mean[i] * mean[j]
                result[i * width + j] = centred / Double(count - 1)
            }
        }
        return result
    }
}
