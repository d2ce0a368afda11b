public import Foundation
import Jobs

/// A Merkle tree over a list that only grows.
///
/// RFC 9162 (as RFC 6962), section 2.1: a leaf is hashed behind a zero byte and a node behind a
/// one, so neither can be passed off as the other.
public struct MerkleTree: Sendable {
    /// `levels[k][i]` is the root over the leaves from i·2ᵏ up to (i + 1)·2ᵏ.
    private var levels: [[Hash]]

    public var count: Int { levels[0].count }

    /// The tree over `leaves`, made with `MerkleTree.leaf`.
    public init(_ leaves: [Hash]) {
        levels = [leaves]
        while let below = levels.last, below.count > 1 {
            levels.append(
                (0..<below.count / 2).map { MerkleTree.node(below[2 * $0], below[2 * $0 + 1]) }
            )
        }
    }

    /// The hash of a leaf with these bytes.
    public static func leaf(_ bytes: some ContiguousBytes) -> Hash {
        Hash { hasher in
            hasher.update(bigEndian: UInt8(0))
            bytes.withUnsafeBytes { hasher.update($0) }
        }
    }

    /// The hash of the node above two.
    public static func node(_ left: Hash, _ right: Hash) -> Hash {
        Hash { hasher in
            hasher.update(bigEndian: UInt8(1))
            left.withUnsafeBytes { hasher.update($0) }
            right.withUnsafeBytes { hasher.update($0) }
        }
    }

    /// The root over the first `size` leaves; of none, the hash of nothing.
    public func root(size: Int) -> Hash {
        precondition(size <= count, "the tree has \(count) leaves, not \(size)")
        return size == 0 ? Hash(of: [UInt8]()) : root(0..<size)
    }

    /// The way from leaf `index` to the root over the first `size` leaves, lowest sibling first.
    ///
    /// - Complexity: O(log²(size)).
    public func inclusionProof(of index: Int, size: Int) -> [Hash] {
        precondition(0 <= index && index < size && size <= count, "there is no such leaf")
        return path(index, 0..<size)
    }

    /// What shows that the tree of `old` leaves is the beginning of that of `new` leaves.
    public func consistencyProof(from old: Int, to new: Int) -> [Hash] {
        precondition(0 < old && old <= new && new <= count, "there are no such trees")
        return subproof(old, 0..<new, whole: true)
    }

    private func root(_ range: Range<Int>) -> Hash {
        let half = split(range.count)
        if half == range.count {
            return levels[half.trailingZeroBitCount][range.lowerBound / half]
        }
        let middle = range.lowerBound + half
        return MerkleTree.node(root(range.lowerBound..<middle), root(middle..<range.upperBound))
    }

    /// PATH of section 2.1.3.1.
    private func path(_ index: Int, _ range: Range<Int>) -> [Hash] {
        guard range.count > 1 else { return [] }
        let (left, right) = halves(range)
        return left.contains(index)
            ? path(index, left) + [root(right)] : path(index, right) + [root(left)]
    }

    /// SUBPROOF of section 2.1.4.1.
    private func subproof(_ old: Int, _ range: Range<Int>, whole: Bool) -> [Hash] {
        if old == range.upperBound { return whole ? [] : [root(range)] }
        let (left, right) = halves(range)
        return old <= left.upperBound
            ? subproof(old, left, whole: whole) + [root(right)]
            : subproof(old, right, whole: false) + [root(left)]
    }

    private func halves(_ range: Range<Int>) -> (Range<Int>, Range<Int>) {
        let half = split(range.count)
        let middle = range.lowerBound + (half == range.count ? half / 2 : half)
        return (range.lowerBound..<middle, middle..<range.upperBound)
    }

    /// The largest power of two that is at most `count`.
    private func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    }
}
