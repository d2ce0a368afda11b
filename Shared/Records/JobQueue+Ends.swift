public import Foundation
public import Jobs
import Postgres

/// How attempts and jobs end.
extension JobQueue {
    /// Gives the job back unfinished; the attempt does not count.
    public func release(_ claim: Claim) throws {
        try fenced(claim, "queue.release($1::uuid, $2)")
    }

    /// Ends the attempt. Where another may help and the budget of its class is not used up, the job
    /// waits for it: `jitter`, from 0 to 1, of the longest wait.
    ///
    /// - Returns: the job's state: `retry_wait`, `failed`, or `cancelled` where somebody had asked.
    @discardableResult
    public func fail(_ claim: Claim, _ failure: JobFailure, jitter: Double = 0) throws -> String {
        try fenced(
            claim,
            "queue.fail($1::uuid, $2, $3, $4, $5::double precision)",
            [
                .text(failure.reason.rawValue), .text(failure.message.storable), .double(jitter),
            ]
        ).text("result")
    }

    /// What became of `claim`, for when a call was not answered: `held`, `fenced`, or the state that
    /// the job went to under it.
    public func outcome(of claim: Claim) throws -> String {
        let rows = try connection.query(
            "SELECT coalesce(queue.outcome($1::uuid, $2), 'fenced') AS result",
            [.uuid(claim.job), .int(claim.epoch)]
        )
        return try single(rows, of: "queue.outcome").text("result")
    }

    /// Ends the job as somebody asked with `cancel`.
    public func cancelled(_ claim: Claim) throws {
        try fenced(claim, "queue.cancelled($1::uuid, $2)")
    }

    /// What became of a request to cancel.
    public enum Cancellation: String, Sendable {
        /// The job had not begun and never will.
        case cancelled
        /// Its worker will learn it with the next renewal.
        case requested
        /// It is over already; nothing changed.
        case finished
        /// There is no such job; should it come within a week, it is cancelled.
        case unknown
    }

    /// Asks for the end of `job`.
    public func cancel(_ job: UUID) throws -> Cancellation {
        let rows = try connection.query("SELECT queue.cancel($1::uuid) AS result", [.uuid(job)])
        let answer = try single(rows, of: "queue.cancel").text("result")
        guard let result = Cancellation(rawValue: answer) else {
            throw PostgresError("queue.cancel answered '\(answer)'")
        }
        return result
    }

    /// Takes jobs back whose lease ran out and returns how many.
    @discardableResult
    public func reap() throws -> Int {
        try single(connection.query("SELECT queue.reap() AS result"), of: "queue.reap")
            .int("result")
    }
}
