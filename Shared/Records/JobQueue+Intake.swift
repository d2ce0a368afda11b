import Foundation
public import Jobs
import Postgres

extension JobQueue {
    /// What became of a request for a job.
    public enum Submission: String, Sendable {
        case accepted
        /// The same job was accepted before; nothing changed.
        case duplicate
        /// Another job has this id or idempotency key; nothing changed.
        case conflict
    }

    /// Adds the job, the message that asked for it and the event that tells of it, in one
    /// transaction; the same again changes nothing.
    ///
    /// The `inputs` are the request's, pinned by `Ledger.pin`; those of a job that comes after
    /// others are pinned when it unblocks, and need not be given. `messageID` is unique within the
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
        do {
            let rows = try connection.query(
                "SELECT queue.submit($1, $2, $3::uuid, $4::bytea, $5::jsonb) AS result",
                [
                    .text(source.storable), .text(messageID.storable), .uuid(request.id),
                    .bytes(try request.intent.canonical), .json(try request.row(inputs)),
                ]
            )
            let answer = try single(rows, of: "queue.submit").text("result")
            guard let submission = Submission(rawValue: answer) else {
                throw PostgresError("queue.submit answered '\(answer)'")
            }
            return submission
        } catch let error as PostgresError where error.isRefusal {
            throw SpecError(error.explained)
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

extension PostgresError {
    /// What a sender can do something about.
    fileprivate var explained: String {
        switch sqlState {
        case "PL039": "inputs.original: " + message
        case "PL014": message
        default: description
        }
    }
}

extension JobRequest {
    /// What makes two requests the same: kind, spec, inputs as they were written, name, and the
    /// outputs where they are declared.
    var intent: JSON {
        get throws(SpecError) {
            var members: [String: JSON] = [
                "kind": .string(kind.rawValue), "spec": try spec.json, "inputs": written,
                "name": name.map { .string($0) } ?? .null,
            ]
            members["outputs"] = declared
            return .object(members)
        }
    }

    private var written: JSON { .object(inputs.mapValues { .string($0) }) }

    private var declared: JSON? {
        options.outputs.map { outputs in
            .array(
                outputs.sorted { $0.key < $1.key }.map {
                    .object(["name": .string($0.key), "kind": .string($0.value)])
                }
            )
        }
    }

    /// What `queue.submit` reads.
    fileprivate func row(_ pinned: [PinnedInput]) throws -> JSON {
        var members: [String: JSON] = [
            "kind": .string(kind.rawValue), "spec": try spec.json, "wanted": written,
            "priority": .int(priority), "max_attempts": .int(maxAttempts),
            "after": .array(options.after.map { .string($0.uuidString.lowercased()) }),
            "labels": .object(
                Dictionary(
                    options.labels.map { ($0.storable, .string($1.storable)) },
                    uniquingKeysWith: { first, _ in first }
                )
            ),
        ]
        if options.after.isEmpty { members["inputs"] = try JSON(encoding: pinned) }
        members["name"] = name.map { .string($0) }
        members["total_steps"] = .int(spec.steps)
        members["outputs"] = declared
        members["idempotency_key"] = options.idempotencyKey.map { .string($0.storable) }
        members["not_before"] = options.notBefore.map { .string($0.ISO8601Format(.fractional)) }
        members["deadline"] = options.deadline.map { .string($0.ISO8601Format(.fractional)) }
        members["max_runtime"] = options.maxRuntime.map { .double($0) }
        members["device_class"] = options.resources.deviceClass.map { .string($0) }
        members["memory_bytes"] = options.resources.memoryBytes.map { .int($0) }
        members["threads"] = options.resources.threads.map { .int($0) }
        members["world_size"] = options.resources.worldSize.map { .int($0) }
        return .object(members)
    }
}

extension Date.ISO8601FormatStyle {
    fileprivate static let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
