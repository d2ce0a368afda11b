public import Foundation

/// What a worker gives its child on standard input: one attempt at one job, and no credentials.
public struct Assignment: Codable, Sendable {
    public var job: UUID
    public var epoch: Int
    public var attempt: Int
    public var kind: JobKind
    public var spec: JSON
    public var inputs: [PinnedInput]
    /// The artifact store's URL.
    public var store: String
    /// Where earlier attempts left off, newest first; an older one serves where one is damaged.
    public var snapshots: [SnapshotReference]
    public var threads: Int
    /// Into how many pieces each batch is cut, computed one after the other: more than one after
    /// an attempt that ran out of memory.
    public var pieces: Int
    /// The place of this attempt among the ranks that compute the job together, if there are several.
    public var gang: GangPlace?

    public init(
        job: UUID,
        epoch: Int,
        attempt: Int,
        kind: JobKind,
        spec: JSON,
        inputs: [PinnedInput],
        store: String,
        snapshots: [SnapshotReference],
        threads: Int,
        pieces: Int = 1,
        gang: GangPlace? = nil
    ) {
        self.job = job
        self.epoch = epoch
        self.attempt = attempt
        self.kind = kind
        self.spec = spec
        self.inputs = inputs
        self.store = store
        self.snapshots = snapshots
        self.threads = threads
        self.pieces = pieces
        self.gang = gang
    }

    /// The content digest of the input in `role`.
    ///
    /// - Throws: `JobFailure` of class `invalid` where the job has none.
    public func input(_ role: String) throws -> Digest {
        guard let input = inputs.first(where: { $0.role == role }) else {
            throw JobFailure(.invalid, "the job has no input '\(role)'")
        }
        return input.content
    }
}

/// One rank's place in a gang, and how it finds the others.
public struct GangPlace: Codable, Equatable, Sendable {
    /// From 0; rank 0 listens, and alone reports what is made.
    public var rank: Int
    public var size: Int
    /// Where rank 0 listens.
    public var host: String
    public var port: Int
    /// Under what name or address the others reach this rank.
    public var own: String
    /// What the ranks of this epoch have in common, and those of no other.
    public var token: String

    public init(rank: Int, size: Int, host: String, port: Int, own: String, token: String) {
        (self.rank, self.size, self.host, self.port) = (rank, size, host, port)
        (self.own, self.token) = (own, token)
    }
}

/// An input that can no longer change: its artifact and the bytes behind it.
public struct PinnedInput: Codable, Equatable, Sendable {
    public var role: String
    /// The artifact's digest, which lineage names.
    public var artifact: Digest
    /// The digest of its manifest in the store.
    public var content: Digest
    /// Such as "checkpoint" or "dataset".
    public var kind: String

    public init(role: String, artifact: Digest, content: Digest, kind: String) {
        self.role = role
        self.artifact = artifact
        self.content = content
        self.kind = kind
    }
}

/// The saved state of a run.
public struct SnapshotReference: Codable, Equatable, Sendable {
    public var step: Int
    public var content: Digest

    public init(step: Int, content: Digest) {
        self.step = step
        self.content = content
    }
}
