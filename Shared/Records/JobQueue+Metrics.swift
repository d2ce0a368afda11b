public import Foundation
import Postgres

/// One number about the queue as a whole.
public struct QueueNumber: Sendable {
    /// Such as "jobs_state".
    public let name: String
    /// Kind and state, as far as the number is about one.
    public let labels: [String]
    public let value: Double
}

extension JobQueue {
    /// How many unfinished jobs there are in each state, how long the oldest has waited, and what
    /// the outbox holds.
    public func numbers() throws -> [QueueNumber] {
        try connection.query("SELECT * FROM queue.metrics()").map { row in
            QueueNumber(
                name: try row.text("name"),
                labels: try [row.optional("kind"), row.optional("state")].compactMap(\.self),
                value: try row.optionalDouble("value") ?? 0
            )
        }
    }

    /// What happened in the whole queue since `mark`, and the mark to ask with next time; without one
    /// nothing is counted.
    public func changes(since mark: String?) throws -> (mark: String, numbers: [QueueNumber]) {
        let rows = try connection.query(
            "SELECT mark, name, to_jsonb(labels) AS labels, n FROM queue.changes($1::xid8)",
            [.text(mark)]
        )
        let next = try single(Array(rows.prefix(1)), of: "queue.changes").text("mark")
        return (
            next,
            try rows.dropFirst().map { row in
                QueueNumber(
                    name: try row.text("name"),
                    labels: try row.strings("labels"),
                    value: try row.double("n")
                )
            }
        )
    }

    /// Seconds from the request to cancel `job` to its end, where it ran and was cancelled.
    public func cancelSeconds(of job: UUID) throws -> Double? {
        let rows = try connection.query(
            "SELECT queue.cancel_seconds($1::uuid) AS seconds",
            [.uuid(job)]
        )
        return try single(rows, of: "queue.cancel_seconds").optionalDouble("seconds")
    }
}
