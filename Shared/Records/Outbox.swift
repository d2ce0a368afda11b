public import Foundation
import Jobs
public import Postgres

/// A message that waits to be published.
public struct OutboxMessage: Sendable {
    public let id: Int
    public let topic: String
    public let key: String?
    public let headers: [String: String]
    public let value: Data?
}

/// The messages that were written together with the changes they tell of.
public struct Outbox {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Lends up to `limit` messages for `lease` seconds, oldest first. What is not reported as
    /// `done` by then is lent again, so a message may be published twice, with the same `ce_id`.
    public func take(limit: Int = 100, lease: Double = 30) throws -> [OutboxMessage] {
        try connection.query(
            "SELECT * FROM queue.outbox_take($1, $2::double precision)",
            [.int(limit), .double(lease)]
        ).map { row in
            OutboxMessage(
                id: try row.int("id"),
                topic: try row.text("topic"),
                key: try row.optional("key"),
                headers: try row.json("headers").decode([String: String].self),
                value: try row.optional("value") == nil ? nil : row.bytes("value")
            )
        }
    }

    /// Sets aside a message that the broker will never take, so that others can leave.
    public func park(_ message: OutboxMessage, because reason: String) throws {
        try connection.query(
            "SELECT queue.outbox_park($1, $2)",
            [.int(message.id), .text(reason.storable)]
        )
    }

    /// Records that the broker has these messages.
    public func done(_ messages: [OutboxMessage]) throws {
        try connection.query(
            "SELECT queue.outbox_done($1::bigint[])",
            [.array(messages.map { String($0.id) })]
        )
    }
}
