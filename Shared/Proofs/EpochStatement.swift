public import Foundation
public import Jobs

/// What an epoch says of the log: how many entries it has, their Merkle root, and the newest entry
/// of each stream that grew.
public struct EpochStatement: Equatable, Sendable {
    /// The media type of a signed epoch.
    public static let type = "application/vnd.palimpsest.log-epoch.v1+json"

    public struct Head: Equatable, Sendable {
        public let number: Int
        public let hash: Hash

        public init(number: Int, hash: Hash) { (self.number, self.hash) = (number, hash) }
    }

    public let epoch: Int
    public let size: Int
    public let root: Hash
    /// The digest of the epoch before; nil for the first.
    public let previous: Digest?
    /// When it was sealed, by the database's clock.
    public let at: String
    public let heads: [String: Head]

    public init(
        epoch: Int,
        tree: (size: Int, root: Hash),
        previous: Digest?,
        at: String,
        heads: [String: Head]
    ) {
        (self.epoch, self.size, self.root) = (epoch, tree.size, tree.root)
        (self.previous, self.at, self.heads) = (previous, at, heads)
    }

    /// - Throws: `ProofError` where `payload` is no epoch in canonical form.
    public init(reading payload: Data) throws {
        guard let json = try? JSONDecoder().decode(JSON.self, from: payload),
            case .int(let epoch)? = json["epoch"], case .int(let size)? = json["size"],
            let root = json["root"]?.string.flatMap(Hash.init(hex:)),
            let at = json["at"]?.string, case .object(let heads)? = json["heads"],
            epoch > 0, size > 0, isTime(at, between: "T", end: "Z")
        else { throw ProofError("this is no epoch of the log") }
        (self.epoch, self.size, self.root, self.at) = (epoch, size, root, at)
        previous = json["previous"]?.string.flatMap(Digest.init(hex:))
        self.heads = heads.compactMapValues { head in
            guard case .int(let number)? = head["n"], number > 0,
                let hash = head["hash"]?.string.flatMap(Hash.init(hex:))
            else { return nil }
            return Head(number: number, hash: hash)
        }
        guard canonical == payload else { throw ProofError("the epoch is not in canonical form") }
    }

    public var canonical: Data {
        JSON.object([
            "epoch": .int(epoch), "size": .int(size), "root": .string(root.hex), "at": .string(at),
            "previous": previous.map { .string($0.hex) } ?? .null,
            "heads": .object(
                heads.mapValues {
                    .object(["n": .int($0.number), "hash": .string($0.hash.hex)])
                }
            ),
        ]).canonical
    }

    public var digest: Digest { Digest(of: canonical) }

    /// The statement, signed.
    public func signed(by key: SigningKey) -> SignedEnvelope {
        SignedEnvelope(canonical, type: EpochStatement.type, signedBy: key)
    }

    /// The file that keeps an epoch outside of the database.
    public static func fileName(_ epoch: Int) -> String {
        "epoch-" + String(repeating: "0", count: max(0, 8 - String(epoch).count)) + "\(epoch).json"
    }
}
