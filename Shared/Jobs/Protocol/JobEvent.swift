public import Foundation

/// What `jobs.events.v1` tells each time a job changes its state.
public struct JobEvent: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case blocked, queued, running, cancelling, succeeded, failed, cancelled
        case retryWait = "retry_wait"
    }

    /// Why the job is in its state; the event's type is `job.REASON.v1`.
    public enum Reason: String, Codable, Sendable, CaseIterable {
        case accepted, queued, started, progress, retrying, lost, released, cancelling
        case succeeded, failed, cancelled
    }

    /// An artifact that the job made.
    public struct Output: Codable, Equatable, Sendable {
        public var name: String
        public var kind: String
        public var artifact: Digest
    }

    public var jobId: UUID
    public var kind: JobKind
    public var name: String?
    public var state: State
    public var reason: Reason
    public var epoch: Int
    public var attempt: Int
    public var step: Int
    public var totalSteps: Int?
    public var failureClass: JobFailure.Class?
    public var failureMessage: String?
    /// Of a job that succeeded.
    public var outputs: [Output]?

    /// One event with everything in it, from which the schema is written.
    static let example = JobEvent(
        jobId: UUID(derivedFrom: Digest(of: Data("example".utf8))),
        kind: .train,
        name: "teacher",
        state: .succeeded,
        reason: .succeeded,
        epoch: 1,
        attempt: 1,
        step: 1_000,
        totalSteps: 1_000,
        failureClass: .transient,
        failureMessage: "",
        outputs: [
            Output(name: "model", kind: "checkpoint", artifact: Digest(of: Data("model".utf8)))
        ]
    )
}
