public import Foundation
public import Jobs

/// The right to work on a job: one attempt's token, which every write must carry.
public struct Claim: Hashable, Sendable {
    public let job: UUID
    public let epoch: Int

    public init(job: UUID, epoch: Int) {
        self.job = job
        self.epoch = epoch
    }
}

/// The claim is not the current one any more: the attempt must stop and write nothing.
public struct Fenced: Error, Equatable, Sendable, CustomStringConvertible {
    /// The write that was refused, such as "renew".
    public let operation: String
    public let description: String
}

/// A job as its worker gets it.
public struct ClaimedJob: Sendable {
    public let claim: Claim
    public let attempt: Int
    public let maxAttempts: Int
    public let kind: JobKind
    public let name: String?
    public let spec: JSON
    public let inputs: [PinnedInput]
    public let totalSteps: Int?
    /// Where earlier attempts left off, newest first.
    public let snapshots: [SnapshotReference]
    public var snapshot: SnapshotReference? { snapshots.first }
    /// Seconds that it could have been claimed before.
    public let waited: Double
    /// Steps of earlier attempts that will be done again.
    public let lostSteps: Int
    /// Into how many pieces each batch is to be cut.
    public let pieces: Int
    /// How many workers compute it together.
    public let worldSize: Int
    /// Which of them this one is; 0 holds the lease.
    public let rank: Int

    /// What the worker's child is told.
    public func assignment(
        store: String,
        threads: Int,
        gang: GangPlace? = nil
    ) -> Assignment {
        Assignment(
            job: claim.job,
            epoch: claim.epoch,
            attempt: attempt,
            kind: kind,
            spec: spec,
            inputs: inputs,
            store: store,
            snapshots: snapshots,
            threads: threads,
            pieces: pieces,
            gang: gang
        )
    }
}
