public import Foundation
public import Jobs
import Postgres

/// Where a job stands.
public struct JobStatus: Sendable {
    public let job: UUID
    public let kind: JobKind
    public let method: String
    public let name: String?
    /// blocked, queued, retry_wait, running, cancelling, succeeded, failed or cancelled.
    public let state: String
    public let attempt: Int
    public let maxAttempts: Int
    public let step: Int
    public let totalSteps: Int?
    public let stepsPerSecond: Double?
    public let secondsLeft: Double?
    /// Seconds since its worker was last heard of.
    public let heartbeatAge: Double?
    public let snapshotStep: Int?
    public let cancelRequested: Bool
    public let errors: Int
    public let losses: Int
    public let retryOf: UUID?
    public let failure: JobFailure?
    /// As Postgres writes times.
    public let createdAt: String
    public let finishedAt: String?

    public var isFinished: Bool { ["succeeded", "failed", "cancelled"].contains(state) }
}

/// One point of a job's curve.
public struct CurvePoint: Sendable {
    public let step: Int
    public let values: [String: Double]
}

/// One change of a job's state.
public struct Transition: Sendable {
    public let from: String?
    public let to: String
    public let reason: String
    public let epoch: Int
    public let detail: String?
    public let at: String
}

extension JobQueue {
    /// The newest `limit` jobs, newest first.
    public func jobs(limit: Int = 100) throws -> [JobStatus] {
        try connection.query(
            "SELECT * FROM queue.job_status ORDER BY enqueue_seq DESC LIMIT $1",
            [.int(limit)]
        ).map(JobStatus.init)
    }

    /// Where `job` stands, or nil where there is no such job.
    public func status(of job: UUID) throws -> JobStatus? {
        try connection.query(
            "SELECT * FROM queue.job_status WHERE job = $1::uuid",
            [.uuid(job)]
        ).first.map(JobStatus.init)
    }

    /// The loss and other values along the job's steps.
    public func curve(of job: UUID) throws -> [CurvePoint] { try points(of: job, "ORDER BY step") }

    /// The newest point of the job's curve; nil where it has none.
    public func lastPoint(of job: UUID) throws -> CurvePoint? {
        try points(of: job, "ORDER BY step DESC LIMIT 1").first
    }

    private func points(of job: UUID, _ order: String) throws -> [CurvePoint] {
        try connection.query(
            "SELECT step, \"values\" FROM queue.job_curve WHERE job = $1::uuid \(order)",
            [.uuid(job)]
        ).map { row in
            CurvePoint(
                step: try row.int("step"),
                values: try JSONDecoder().decode(
                    [String: Double].self,
                    from: Data(row.text("values").utf8)
                )
            )
        }
    }

    /// How the job came to its state, oldest first.
    public func history(of job: UUID) throws -> [Transition] {
        try connection.query(
            "SELECT * FROM queue.job_history WHERE job = $1::uuid ORDER BY seq",
            [.uuid(job)]
        ).map { row in
            Transition(
                from: try row.optional("from_state"),
                to: try row.text("to_state"),
                reason: try row.text("reason"),
                epoch: try row.int("epoch"),
                detail: try row.optional("detail"),
                at: try row.text("at")
            )
        }
    }
}

extension JobStatus {
    fileprivate init(_ row: Row) throws {
        job = try row.uuid("job")
        kind = try row.kind("kind")
        method = try row.optional("method") ?? kind.rawValue
        name = try row.optional("name")
        state = try row.text("state")
        attempt = try row.int("attempt")
        maxAttempts = try row.int("max_attempts")
        step = try row.int("step")
        totalSteps = try row.optionalInt("total_steps")
        stepsPerSecond = try row.optionalDouble("steps_per_second")
        secondsLeft = try row.optionalDouble("seconds_left")
        heartbeatAge = try row.optionalDouble("heartbeat_age")
        snapshotStep = try row.optionalInt("snapshot_step")
        cancelRequested = try row.bool("cancel_requested")
        errors = try row.int("errors")
        losses = try row.int("losses")
        retryOf = try row.optionalUUID("retry_of")
        failure = try row.optional("failure_class").flatMap(JobFailure.Class.init).map {
            JobFailure($0, try row.text("failure_message"))
        }
        createdAt = try row.text("created_at")
        finishedAt = try row.optional("finished_at")
    }
}
