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

    /// Records the start of a worker, and what it is where `build` tells; the runs that it seals
    /// carry the digests of that.
    ///
    /// - Throws: `PostgresError` with SQLSTATE PL004 where `incarnation` has started before.
    public func enlist(
        _ incarnation: UUID,
        _ kind: JobKind,
        offer: JobOptions.Resources,
        build: WorkerBuild? = nil
    ) throws {
        let values: [Value] = [
            .uuid(incarnation), .text(kind.rawValue), .json(try JSON(encoding: offer)),
        ]
        guard let build else {
            try connection.query("SELECT queue.enlist($1::uuid, $2, $3::jsonb)", values)
            return
        }
        try connection.query(
            "SELECT queue.enlist($1::uuid, $2, $3::jsonb, $4::bytea, $5)",
            values + [
                .digest(build.code),
                .text(String(decoding: build.environment.canonical, as: UTF8.self)),
            ]
        )
    }

    /// Takes the first waiting job of one of `kinds` that needs no more than `offer`, or returns nil
    /// where none waits. The `owner` is new for every start of a process; after `lease` seconds the
    /// job is given to others, unless the claim is renewed.
    public func claim(
        _ kinds: [JobKind],
        owner: UUID,
        lease: Double,
        offer: JobOptions.Resources = .init()
    ) throws -> ClaimedJob? {
        let rows = try connection.query(
            "SELECT * FROM queue.claim($1::text[], $2::uuid, $3::double precision, $4::jsonb)",
            [
                .array(kinds.map(\.rawValue)), .uuid(owner), .double(lease),
                .json(try JSON(encoding: offer)),
            ]
        )
        return try rows.first.map(ClaimedJob.init)
    }

    /// What a worker shall do with the job that it holds.
    public enum Order: String, Sendable {
        case go
        /// Stop: somebody cancelled the job.
        case cancel
        /// Stop: the job's time is over.
        case deadline
        /// Stop: the attempt has taken as long as one may.
        case runtime
        /// Stop: another rank of the gang is gone.
        case gang
    }

    /// Lengthens the lease to `lease` seconds from now and returns what to do.
    @discardableResult
    public func renew(_ claim: Claim, lease: Double) throws -> Order {
        let call = "queue.renew($1::uuid, $2, $3::double precision)"
        let answer = try fenced(claim, call, [.double(lease)]).text("result")
        guard let order = Order(rawValue: answer) else {
            throw PostgresError("queue.renew answered '\(answer)'")
        }
        return order
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

    /// Records that no attempt shall begin at `snapshot`, and that this one began at step `resumed`
    /// instead.
    public func discard(
        _ claim: Claim,
        _ snapshot: SnapshotReference,
        because reason: String,
        resumed: Int
    ) throws {
        try fenced(
            claim,
            "queue.discard_snapshot($1::uuid, $2, $3::bytea, $4, $5)",
            [.digest(snapshot.content), .text(reason.storable), .int(resumed)]
        )
    }

    /// Calls a function whose first two parameters are the claim's.
    @discardableResult
    func fenced(_ claim: Claim, _ call: String, _ rest: [Value] = []) throws -> Row {
        let rows: [Row]
        do {
            rows = try connection.query(
                "SELECT \(call) AS result",
                [.uuid(claim.job), .int(claim.epoch)] + rest
            )
        } catch {
            throw fencing(error, call)
        }
        return try single(rows, of: call)
    }
}

extension ClaimedJob {
    init(_ row: Row) throws {
        claim = Claim(job: try row.uuid("job"), epoch: try row.int("epoch"))
        attempt = try row.int("attempt")
        maxAttempts = try row.int("max_attempts")
        kind = try row.kind("kind")
        name = try row.optional("name")
        spec = try row.json("spec")
        inputs = try row.json("inputs").decode([PinnedInput].self)
        totalSteps = try row.optionalInt("total_steps")
        snapshots = try row.json("snapshots").decode([SnapshotReference].self)
        waited = try row.optionalDouble("waited") ?? 0
        lostSteps = try row.int("lost_steps")
        pieces = try row.int("pieces")
        worldSize = try row.int("world_size")
        rank = row.columnNames.contains("rank") ? try row.int("rank") : 0
    }
}

/// `Fenced` where that is what Postgres said of the call `queue.NAME(…)`, else `error`.
func fencing(_ error: PostgresError, _ call: String) -> any Error {
    guard error.sqlState == "PL001" else { return error }
    let detail = error.detail.map { "; " + $0 } ?? ""
    let name = call.prefix { $0 != "(" }.split(separator: ".").last.map(String.init) ?? call
    return Fenced(operation: name, description: error.message + detail)
}
