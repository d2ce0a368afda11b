extension MerkleTree {
    /// Whether `proof` leads from `leaf`, at `index`, to `root` over `size` leaves.
    ///
    /// RFC 9162, section 2.1.3.2.
    public static func includes(
        _ leaf: Hash,
        at index: Int,
        size: Int,
        _ proof: [Hash],
        in root: Hash
    ) -> Bool {
        guard 0 <= index, index < size else { return false }
        var (first, last, found) = (index, size - 1, leaf)
        for sibling in proof {
            if last == 0 { return false }
            if first & 1 == 1 || first == last {
                found = node(sibling, found)
                while first & 1 == 0 && first != 0 { (first, last) = (first >> 1, last >> 1) }
            } else {
                found = node(found, sibling)
            }
            (first, last) = (first >> 1, last >> 1)
        }
        return last == 0 && found == root
    }

    /// Whether `proof` shows that `old` leaves with `oldRoot` begin `new` leaves with `newRoot`.
    ///
    /// RFC 9162, section 2.1.4.2.
    public static func extends(
        _ oldRoot: Hash,
        size old: Int,
        to newRoot: Hash,
        size new: Int,
        _ proof: [Hash]
    ) -> Bool {
        guard 0 < old, old <= new else { return false }
        if old == new { return proof.isEmpty && oldRoot == newRoot }
        var path = proof[...]
        if old & (old - 1) == 0 { path = [oldRoot] + path }
        guard let start = path.popFirst() else { return false }
        var (first, last) = (old - 1, new - 1)
        while first & 1 == 1 { (first, last) = (first >> 1, last >> 1) }
        var (before, after) = (start, start)
        for sibling in path {
            if last == 0 { return false }
            if first & 1 == 1 || first == last {
                (before, after) = (node(sibling, before), node(sibling, after))
                while first & 1 == 0 && first != 0 { (first, last) = (first >> 1, last >> 1) }
            } else {
                after = node(after, sibling)
            }
            (first, last) = (first >> 1, last >> 1)
        }
        return last == 0 && before == oldRoot && after == newRoot
    }
}

/// The few nodes that a Merkle tree needs to go on growing and to tell its root.
public struct MerkleFrontier: Equatable, Sendable {
    public private(set) var count: Int
    /// The roots of the whole subtrees, largest first: one for each bit of `count`.
    public private(set) var peaks: [Hash]

    public init() { (count, peaks) = (0, []) }

    /// The frontier of `count` leaves, or nil where the peaks are not as many as that takes.
    public init?(count: Int, peaks: [Hash]) {
        guard count >= 0, count.nonzeroBitCount == peaks.count else { return nil }
        (self.count, self.peaks) = (count, peaks)
    }

    public mutating func append(_ leaf: Hash) {
        var node = leaf
        for _ in 0..<(~count).trailingZeroBitCount {
            node = MerkleTree.node(peaks.removeLast(), node)
        }
        peaks.append(node)
        count += 1
    }

    public var root: Hash {
        guard let last = peaks.last else { return Hash(of: [UInt8]()) }
        return peaks.dropLast().reversed().reduce(last) { MerkleTree.node($1, $0) }
    }
}
