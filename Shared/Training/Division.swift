import Jobs
public import Tensors

/// How the batch of a step is divided: among the ranks of a gang, and each rank's share into pieces
/// that are computed one after the other.
///
/// A batch is drawn whole, by every rank alike, and only its examples are shared out. Losses are
/// means over examples, so the sum of the pieces' gradients, each weighted by its share of the
/// batch, is the whole batch's gradient but for the rounding of sums. Dropout alone draws by piece.
public final class Division {
    private let pieces: Int
    private let gang: Gang?
    /// Whether any rank was asked to stop, as of the last step; all ranks know it alike.
    public private(set) var isStopAgreed = false
    /// Whether this rank is asked to stop.
    public var shouldStop: () -> Bool = { false }

    /// - Precondition: `pieces` is positive.
    public init(pieces: Int = 1, gang: Gang? = nil) {
        precondition(pieces > 0, "a batch has at least one piece")
        (self.pieces, self.gang) = (pieces, gang)
    }

    public var rank: Int { gang?.rank ?? 0 }
    var isWhole: Bool { pieces == 1 && gang == nil }

    /// What of a batch of `count` examples this rank computes, in order.
    func ranges(_ count: Int) -> [Range<Int>] {
        let share = parts(0..<count, gang?.size ?? 1)[rank]
        return parts(share, pieces).filter { !$0.isEmpty }
    }

    /// The generator that dropout draws from: `shared`, which drew the batch, for rank 0.
    func dropout(_ shared: Generator, seed: Int, step: Int) -> Generator {
        guard rank > 0 else { return shared }
        return Generator(seed: UInt64(bitPattern: Int64(seed)) ^ UInt64(rank) << 48, step: step)
    }

    /// Moves the tensors of `optimizer` down the mean over a batch of `count` examples of what
    /// `part` gives first for a range of them.
    ///
    /// - Returns: the means of all scalars that `part` gives, and the gradient's norm before clipping.
    /// - Throws: what `part` throws; `JobFailure` of class `diverged`, without having moved anything.
    public func descend(
        _ optimizer: Optimizer,
        _ count: Int,
        after done: Int,
        _ part: (Range<Int>) throws -> [Tensor]
    ) throws -> (values: [Double], norm: Double) {
        if isWhole {
            let scalars = try checked { try part(0..<count) }
            let values = scalars.map(\.item)
            return (values, try optimizer.step(scalars[0], after: done))
        }
        var (values, gradients): ([Double], [Tensor]?) = ([], nil)
        for range in ranges(count) {
            let weight = Double(range.count) / Double(count)
            let (scalars, found) = try checked {
                let scalars = try part(range)
                return (scalars.map(\.item), (scalars[0] * weight).gradients(of: optimizer.tensors))
            }
            if values.isEmpty { values = scalars.map { _ in 0 } }
            values = zip(values, scalars).map { $0 + $1 * weight }
            if let sums = gradients {
                try checked { TensorLists.add(found, to: sums) }
            } else {
                gradients = found
            }
        }
        let own = gradients ?? optimizer.tensors.map { $0.detached().zerosLike() }
        let means = try agree(on: values, own)
        return (means, try optimizer.step(gradients: own, after: done))
    }

    /// The mean over a batch of `count` examples of what `part` gives, which is computed without
    /// gradients; nil where the batch is not divided, and the one part will tell.
    public func mean(_ count: Int, _ part: (Range<Int>) -> Tensor) throws -> Double? {
        guard !isWhole else { return nil }
        let sum = try ranges(count).reduce(0.0) { sum, range in
            let value = try checked { withoutGradients { part(range).item } }
            return sum + value * Double(range.count) / Double(count)
        }
        return try agree(on: [sum], [])[0]
    }

    /// Requires that all ranks begin at `step`.
    ///
    /// - Throws: `JobFailure` of class `transient` where one could not read the snapshot of another.
    public func requireSameStart(_ step: Int) throws {
        guard let gang else { return }
        let sums = try agree(on: [Double(step), Double(step * step)], [])
        let expected = [step * gang.size, step * step * gang.size].map(Double.init)
        guard sums == expected else {
            throw JobFailure(.transient, "the ranks of the gang begin at different steps")
        }
    }

    /// Sums `values` and, in place, `tensors` over all ranks.
    private func agree(on values: [Double], _ tensors: [Tensor]) throws -> [Double] {
        guard let gang else { return values }
        let told = Tensor(values + [shouldStop() ? 1 : 0], [values.count + 1])
        try gang.sum([told])
        try gang.sum(tensors)
        let sums = told.doubles
        isStopAgreed = isStopAgreed || sums[values.count] > 0
        return Array(sums.dropLast())
    }
}

/// `range` cut into `count` parts whose lengths differ by at most one; some may be empty.
private func parts(_ range: Range<Int>, _ count: Int) -> [Range<Int>] {
    (0..<count).map { index in
        let edges = [index, index + 1].map { range.lowerBound + range.count * $0 / count }
        return edges[0]..<edges[1]
    }
}
