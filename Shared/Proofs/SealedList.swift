public import Foundation

/// A list of items under a request's key: 12 bytes of nonce, the text, 16 bytes of tag.
///
/// AES-256-GCM (NIST SP 800-38D) with a random nonce; the text is a JSON array.
public struct SealedList: Equatable, Sendable {
    public let bytes: Data

    /// The nonce, and the text with its tag: how a ledger keeps them.
    public var nonce: Data { Data(bytes.prefix(12)) }
    public var ciphertext: Data { Data(bytes.dropFirst(12)) }

    /// Reads what was written before.
    public init(bytes: Data) { self.bytes = bytes }

    /// Seals `items` for `request`, the only request that the list can be opened for.
    public init(_ items: [String], for request: String, under key: RequestKey) throws {
        let text = try JSONEncoder().encode(items)
        let nonce = randomBytes(12)
        let sealed = try seal(
            Array(text),
            under: key.sealing,
            nonce: nonce,
            bound: Array(request.utf8)
        )
        bytes = Data(nonce + sealed)
    }

    /// The items.
    ///
    /// - Throws: `ProofError` for another key or another request, or a list that was changed.
    public func items(for request: String, under key: RequestKey) throws -> [String] {
        let text = try unseal(
            Array(bytes.dropFirst(12)),
            under: key.sealing,
            nonce: Array(bytes.prefix(12)),
            bound: Array(request.utf8)
        )
        return try JSONDecoder().decode([String].self, from: Data(text))
    }
}
