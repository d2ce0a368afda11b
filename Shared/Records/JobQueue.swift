public import Foundation
public import Jobs
public import Postgres

/// The jobs in Postgres, over one connection.
///
/// Calls that carry a `Claim` throw `Fenced` once the claim is not the current one; all throw
/// `PostgresError` as Postgres says.
public struct JobQueue {
    let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Takes the first waiting job of one of `kinds`, or returns nil where none waits. The `owner`
    /// is new for every start of a process; after `lease` seconds the job is given to others,
    /// unless the claim is renewed.
    public func claim(_ kinds: [JobKind], owner: UUID, lease: Double) throws -> ClaimedJob? {
        let rows = try connection.query(
            "SELECT * FROM queue.claim($1::text[], $2::uuid, $3::double precision)",
            [.array(kinds.map(\.rawValue)), .uuid(owner), .double(lease)]
        )
        return try rows.first.map { row in
            let snapshot = try row.optionalDigest("snapshot_content").map {
                SnapshotReference(step: try row.int("snapshot_step"), content: $0)
            }
            return ClaimedJob(
                claim: Claim(job: try row.uuid("job"), epoch: try row.int("epoch")),
                attempt: try row.int("attempt"),
                maxAttempts: try row.int("max_attempts"),
                kind: try row.kind("kind"),
                name: try row.optional("name"),
                spec: try row.json("spec"),
                inputs: try row.json("inputs").decode([PinnedInput].self),
                totalSteps: try row.optionalInt("total_steps"),
                snapshot: snapshot
            )
        }
    }

    /// Lengthens the lease to `lease` seconds from now and returns whether the job shall be
    /// cancelled.
    public func renew(_ claim: Claim, lease: Double) throws -> Bool {
        try fenced(claim, "queue.renew($1::uuid, $2, $3::double precision)", [.double(lease)])
            .bool("result")
    }

    /// Records how far the job is, and `values` such as the loss as a point of its curve.
    public func progress(
        _ claim: Claim,
        step: Int,
        total: Int?,
        values: [String: Double] = [:]
    ) throws {
        let finite = values.filter { $0.value.isFinite }.mapValues { JSON.double($0) }
        try fenced(
            claim,
            "queue.progress($1::uuid, $2, $3, $4, $5::jsonb)",
            [.int(step), .int(total), .json(.object(finite))]
        )
    }

    /// Records a state from which the job can be resumed, whose `bytes` bytes are in the store.
    public func snapshot(_ claim: Claim, _ snapshot: SnapshotReference, bytes: Int) throws {
        try fenced(
            claim,
            "queue.snapshot($1::uuid, $2, $3, $4::bytea, $5)",
            [.int(snapshot.step), .digest(snapshot.content), .int(bytes)]
        )
    }

    /// Gives the job back unfinished; the attempt does not count.
    public func release(_ claim: Claim) throws {
        try fenced(claim, "queue.release($1::uuid, $2)")
    }

    /// Ends the attempt. The job waits `delay` seconds for another one where that may help and
    /// attempts are left; whether it does.
    @discardableResult
    public func fail(_ claim: Claim, _ failure: JobFailure, delay: Double = 0) throws -> Bool {
        let state = try fenced(
            claim,
            "queue.fail($1::uuid, $2, $3, $4, $5::boolean, $6::double precision)",
            [
                .text(failure.reason.rawValue), .text(failure.message.storable),
                .bool(failure.isRetryable), .double(delay),
            ]
        )
        return try state.text("result") == "queued"
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
        /// There is no such job.
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

    /// Calls a function whose first two parameters are the claim's.
    @discardableResult
    private func fenced(_ claim: Claim, _ call: String, _ rest: [Value] = []) throws -> Row {
        let rows: [Row]
        do {
            rows = try connection.query(
                "SELECT \(call) AS result",
                [.uuid(claim.job), .int(claim.epoch)] + rest
            )
        } catch {
            throw fencing(error)
        }
        return try single(rows, of: call)
    }
}

/// `Fenced` where that is what Postgres said, else `error`.
func fencing(_ error: PostgresError) -> any Error {
    guard error.sqlState == "PL001" else { return error }
    let detail = error.detail.map { "; " + $0 } ?? ""
    return Fenced(description: error.message + detail)
}
