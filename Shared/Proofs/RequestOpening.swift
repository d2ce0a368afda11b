public import Foundation

/// What lets everybody see which items a request commits to, if they know them: the key of the
/// items' codes, and the codes. The sealed list has another key and stays closed.
public struct RequestOpening: Equatable, Sendable {
    /// 32 bytes.
    public let itemKey: Data
    public let codes: [Hash]
    private let known: Set<Hash>

    public init(of items: some Sequence<String>, under key: RequestKey) {
        itemKey = Data(key.items)
        codes = Commitment.codes(of: items, key)
        known = Set(codes)
    }

    /// Reads what was published before.
    package init(itemKey: [UInt8], codes: [Hash]) {
        (self.itemKey, self.codes, known) = (Data(itemKey), codes, Set(codes))
    }

    package var commitment: Commitment { Commitment(codes: codes) }

    /// How many of the codes belong to none of `items`, and how many of `items` have no code.
    package func differences(from items: some Sequence<String>) -> (uncovered: Int, surplus: Int) {
        let named = Set(items.map { authenticationCode(Array($0.utf8), under: Array(itemKey)) })
        let found = named.filter(known.contains).count
        return (known.count - found, named.count - found)
    }
}
