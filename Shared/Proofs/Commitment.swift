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

    /// A proof that `item` is one of `items`, to be checked with `admits`; nil where it is not.
    public static func opening(
        of item: String,
        among items: some Sequence<String>,
        under key: RequestKey
    ) -> Opening? {
        let codes = codes(of: items, key)
        let code = key.code(of: item)
        guard let index = codes.firstIndex(of: code) else { return nil }
        let tree = MerkleTree(codes.map { MerkleTree.leaf($0.bytes) })
        let path = tree.inclusionProof(of: index, size: tree.count)
        return Opening(code: code, index: index, path: path)
    }

    /// Whether the item behind `opening` is one of those promised.
    public func admits(_ opening: Opening) -> Bool {
        let leaf = MerkleTree.leaf(opening.code.bytes)
        return MerkleTree.includes(leaf, at: opening.index, size: count, opening.path, in: root)
    }

    /// What shows one item to be among those promised, without the key and without the others.
    public struct Opening: Equatable, Sendable {
        public let code: Hash
        public let index: Int
        public let path: [Hash]
    }

    static func codes(of items: some Sequence<String>, _ key: RequestKey) -> [Hash] {
        Set(items.map(key.code)).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }
}
