import Randomness

/// The order in which a run sees examples: a new permutation each epoch, all of it a function of
/// the seed, so that a resumed run goes on where it stopped.
public struct BatchOrder: Sendable {
    private let philox: Philox
    private let members: [Int]
    private let batchSize: Int
    private var epoch = -1
    private var permutation: [Int] = []

    /// - Precondition: `members`, the indices to draw from, is not empty.
    public init(_ members: [Int], batchSize: Int, seed: Int) {
        precondition(!members.isEmpty, "no examples to order")
        self.members = members
        self.batchSize = batchSize
        philox = Philox(key: UInt64(bitPattern: Int64(seed)))
    }

    /// The indices of the batch of `step`, counted from 0.
    public mutating func indices(step: Int) -> [Int] {
        (step * batchSize..<(step + 1) * batchSize).map { place in
            shuffle(epoch: place / members.count)
            return permutation[place % members.count]
        }
    }

    /// Which images of the batch of `step` are mirrored: each with probability one half.
    public func mirrored(step: Int) -> [Bool] {
        (0..<batchSize).map { place in
            let block = philox.block(UInt64(step * batchSize + place), stream: .max)
            return block[0] & 1 == 1
        }
    }

    private mutating func shuffle(epoch wanted: Int) {
        guard epoch != wanted else { return }
        epoch = wanted
        permutation = shuffled(members, philox, stream: UInt64(wanted))
    }

    /// 0 ..< `count` in an order that is a function of the seed.
    public static func permutation(of count: Int, seed: Int) -> [Int] {
        shuffled(Array(0..<count), Philox(key: UInt64(bitPattern: Int64(seed))), stream: 1 << 62)
    }
}

/// Fisher & Yates' shuffle, drawn from a stream of its own.
private func shuffled(_ items: [Int], _ philox: Philox, stream: UInt64) -> [Int] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) {
        items.swapAt(last, philox.integer(below: last + 1, counter: UInt64(last), stream: stream))
    }
    return items
}
