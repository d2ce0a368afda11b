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
}
