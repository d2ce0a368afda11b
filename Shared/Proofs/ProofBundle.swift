public import Foundation
public import Jobs

/// What a proof is made of: entries of the log, their ways to the root, and the signed epoch.
public struct ProofMaterial: Sendable {
    public struct Entry: Sendable {
        public let entry: LogEntry
        /// Its place among the leaves of the tree.
        public let leaf: Int
        public let path: [Hash]

        public init(_ entry: LogEntry, leaf: Int, path: [Hash]) {
            (self.entry, self.leaf, self.path) = (entry, leaf, path)
        }

        /// Whether the way leads from the entry to the root that the epoch tells.
        func isIncluded(in epoch: EpochStatement) -> Bool {
            entry.number > 0
                && MerkleTree.includes(
                    MerkleTree.leaf(entry.hash.bytes),
                    at: leaf,
                    size: epoch.size,
                    path,
                    in: epoch.root
                )
        }
    }

    public let subject: Digest
    public let entries: [Entry]
    public let epoch: SignedEnvelope
    public let key: VerifyingKey
    /// An older epoch that the log is shown to continue.
    public let since: KeptEpoch?

    public init(
        subject: Digest,
        entries: [Entry],
        epoch: SignedEnvelope,
        key: VerifyingKey,
        since: KeptEpoch? = nil
    ) {
        (self.subject, self.epoch, self.key, self.since) = (subject, epoch, key, since)
        self.entries = entries.sorted {
            ($0.entry.stream, $0.entry.number) < ($1.entry.stream, $1.entry.number)
        }
    }
}

/// A checkpoint's derivation with its evidence, as one value that can be checked without any
/// database: an in-toto statement (version 1) in a DSSE envelope.
///
/// Everything it says is computed from entries of the log, and each entry is shown to be in the
/// log by its way to the root of a signed epoch. Reading one computes all of it again.
public struct ProofBundle: Sendable {
    public static let type = "application/vnd.in-toto+json"
    /// Version 3 tells what was found of unlearned ancestors too; version 2 told what lapsed, and
    /// refused what is not of its subject.
    public static let predicate = "urn:palimpsest:predicate:lineage-proof:v3"
    /// The most bytes that a proof has, and the most entries.
    public static let limits = (bytes: 64 << 20, entries: 100_000)

    public let material: ProofMaterial
    public let epoch: EpochStatement
    let claims: JSON

    /// - Throws: `ProofError` where the material does not prove what it is about.
    public init(_ material: ProofMaterial) throws {
        self.material = material
        guard material.epoch.type == EpochStatement.type else {
            throw ProofError("the epoch is a '\(material.epoch.type)'")
        }
        try material.epoch.check(material.key)
        epoch = try EpochStatement(reading: material.epoch.payload)
        guard material.entries.count <= ProofBundle.limits.entries else {
            throw ProofError("the proof has more than \(ProofBundle.limits.entries) entries")
        }
        for entry in material.entries where !entry.isIncluded(in: epoch) {
            let place = "entry \(entry.entry.number) of \(entry.entry.stream)"
            throw ProofError("\(place) is not in the log that epoch \(epoch.epoch) signed")
        }
        if let since = material.since, !since.isContinued(by: epoch) {
            throw ProofError(
                "the log of epoch \(epoch.epoch) is not the one that had \(since.size) entries"
            )
        }
        claims = try ProofClaims(about: material.subject, from: material.entries.map(\.entry)).json
    }

    /// Reads a signed proof and checks all of it.
    ///
    /// Without `key` the proof's own key is taken: who made the proof is then not shown.
    /// - Throws: `ProofError` saying what does not hold.
    public init(reading data: Data, signedBy key: VerifyingKey? = nil) throws {
        guard data.count <= ProofBundle.limits.bytes else {
            throw ProofError("a proof has at most \(ProofBundle.limits.bytes >> 20) MiB")
        }
        let envelope = try SignedEnvelope(reading: data)
        guard envelope.type == ProofBundle.type else {
            throw ProofError("this is a '\(envelope.type)', not a proof")
        }
        let material = try ProofMaterial(statement: envelope.payload)
        try envelope.check(key ?? material.key)
        guard key == nil || key == material.key else {
            throw ProofError("the log was signed with another key than the proof")
        }
        try self.init(material)
        guard statement.canonical == envelope.payload else {
            throw ProofError("the proof says something that its entries do not")
        }
    }

    /// The proof, signed with the key of the log.
    public func signed(by key: SigningKey) -> SignedEnvelope {
        SignedEnvelope(statement.canonical, type: ProofBundle.type, signedBy: key)
    }

    /// The in-toto statement.
    public var statement: JSON {
        .object([
            "_type": .string("https://in-toto.io/Statement/v1"),
            "subject": .array([
                .object([
                    "name": .string("checkpoint"),
                    "digest": .object(["sha256": .string(material.subject.hex)]),
                ])
            ]),
            "predicateType": .string(ProofBundle.predicate),
            "predicate": .object(["claims": claims, "log": material.json]),
        ])
    }
}
