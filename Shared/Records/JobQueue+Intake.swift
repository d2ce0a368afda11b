import Foundation
public import Jobs
import Postgres

extension JobQueue {
    /// What became of a request for a job.
    public enum Submission: String, Sendable {
        case accepted
        /// The same job was accepted before; nothing changed.
        case duplicate
        /// Another job has this id; nothing changed.
        case conflict
    }

    /// Adds the job, the message that asked for it and the event that tells of it, in one
    /// transaction; the same again changes nothing.
    ///
    /// The `inputs` are the request's, pinned by `Ledger.pin`; `messageID` is unique within the
    /// `source`, the message's sender.
    ///
    /// - Throws: `SpecError` where the request cannot be kept as it is, or its original is not the
    ///   subject's; `PostgresError` where asking again may help.
    public func submit(
        _ request: JobRequest,
        inputs: [PinnedInput],
        source: String,
        messageID: String
    ) throws -> Submission {
        let canonical = try request.intent.canonical
        do {
            let rows = try connection.query(
                """
                SELECT queue.submit(
                    $1, $2, $3::uuid, $4, $5, $6::jsonb, $7::bytea, $8::bytea, $9::jsonb, $10, $11,
                    $12
                ) AS result
                """,
                [
                    .text(source.storable), .text(messageID.storable), .uuid(request.id),
                    .text(request.kind.rawValue), .text(request.name),
                    .json(try request.spec.json), .bytes(canonical),
                    .digest(Digest(of: canonical)), .json(try JSON(encoding: inputs)),
                    .int(request.priority), .int(request.maxAttempts), .int(request.spec.steps),
                ]
            )
            let answer = try single(rows, of: "queue.submit").text("result")
            guard let submission = Submission(rawValue: answer) else {
                throw PostgresError("queue.submit answered '\(answer)'")
            }
            return submission
        } catch let error as PostgresError where error.isRefusal {
            throw SpecError(
                error.sqlState == "PL039" ? "inputs.original: " + error.message : error.description
            )
        }
    }

    /// Keeps a message that cannot become a job, and sends it to the dead letters; the same again
    /// changes nothing. The `reason` is a short word, such as "invalid"; `detail` says what is
    /// wrong and what would be right.
    public func reject(
        _ message: IncomingMessage,
        key: String?,
        reason: String,
        detail: String
    ) throws {
        let headers = message.headers.map { ($0.storable, JSON.string($1.storable)) }
        try connection.query(
            "SELECT queue.reject($1, $2, $3, $4, $5::jsonb, $6::bytea, $7, $8)",
            [
                .text(message.topic), .int(message.partition), .int(message.offset),
                .text(key?.storable), .json(.object(Dictionary(headers) { first, _ in first })),
                .bytes(message.value), .text(reason), .text(detail.storable),
            ]
        )
    }
}

extension JobRequest {
    /// What makes two requests the same: kind, spec, inputs as they were written, and name.
    var intent: JSON {
        get throws(SpecError) {
            .object([
                "kind": .string(kind.rawValue), "spec": try spec.json,
                "inputs": .object(inputs.mapValues { .string($0) }),
                "name": name.map { .string($0) } ?? .null,
            ])
        }
    }
}
