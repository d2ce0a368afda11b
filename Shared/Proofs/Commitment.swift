import Foundation

/// A promise about a list of items that tells nothing of them to those without the key.
///
/// Each item becomes HMAC-SHA256(key, item), and the promise is the Merkle root (RFC 9162) over
/// these codes in ascending order, so neither the order nor a repeated item shows.
public struct Commitment: Equatable, Sendable {
    public let root: Hash
    /// How many different items there are.
    public let count: Int

    public init(to items: some Sequence<String>, under key: RequestKey) {
        self.init(codes: Commitment.codes(of: items, key))
    }

    /// The promise that is the root over these codes.
    init(codes: [Hash]) {
        count = codes.count
        root = MerkleTree(codes.map { MerkleTree.leaf($0.bytes) }).root(size: count)
    }

    static func codes(of items: some Sequence<String>, _ key: RequestKey) -> [Hash] {
        Set(items.map(key.code)).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }
}
