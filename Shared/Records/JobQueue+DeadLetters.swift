public import Foundation
import Jobs
import Postgres

/// A message that could not become a job, or a job that failed for good.
public struct DeadLetter: Sendable {
    /// The number of a message, or the id of a job.
    public let letter: String
    public let topic: String
    public let reason: String
    public let detail: String
    public let at: String
    /// How often it was replayed or retried.
    public let again: Int
}

extension JobQueue {
    /// The newest `limit` dead letters, newest first.
    public func deadLetters(limit: Int = 100) throws -> [DeadLetter] {
        try connection.query(
            "SELECT * FROM queue.dead_letters ORDER BY at DESC LIMIT $1",
            [.int(limit)]
        ).map { row in
            DeadLetter(
                letter: try row.text("letter"),
                topic: try row.text("topic"),
                reason: try row.text("reason"),
                detail: try row.text("detail"),
                at: try row.text("at"),
                again: try row.int("again")
            )
        }
    }

    /// Sends a rejected message again and returns where it first came from. It goes out through the
    /// outbox with an id of its own, so that it becomes one job however often it is replayed.
    ///
    /// - Throws: `PostgresError` with SQLSTATE PL015 where there is no such letter.
    @discardableResult
    public func replay(_ letter: Int) throws -> String {
        let rows = try connection.query("SELECT queue.replay($1) AS place", [.int(letter)])
        return try single(rows, of: "queue.replay").text("place")
    }

    /// Asks once more for a job that failed or was cancelled: a new job, linked to the old one, with
    /// the same inputs.
    ///
    /// - Returns: the job that now stands for it and whether it is new: it is not where `job` has
    ///   not failed, or its retry is still to end.
    /// - Throws: `PostgresError` with SQLSTATE PL015 where there is no such job, PL010 where an
    ///   input that was never pinned is not there.
    public func retry(_ job: UUID) throws -> (job: UUID, isNew: Bool) {
        let rows = try connection.query("SELECT * FROM queue.retry($1::uuid)", [.uuid(job)])
        let row = try single(rows, of: "queue.retry")
        return (try row.uuid("retried"), try row.bool("fresh"))
    }
}
