public import Foundation
public import Jobs
import Postgres

/// Jobs of several ranks: rank 0 claims the job and opens its gang, the others join it.
extension JobQueue {
    /// What a rank shall do.
    public enum GangOrder: String, Sendable {
        /// Not all ranks are there yet.
        case wait
        case go
        /// Stop: somebody cancelled the job.
        case cancel
        /// Stop: another rank is gone.
        case gang
        /// Give up: not all ranks came in time.
        case dissolve
    }

    /// Says that the ranks of the gang meet at `endpoint`, host:port, so that others may join.
    public func openGang(_ claim: Claim, endpoint: String, lease: Double) throws {
        try fenced(
            claim,
            "queue.gang_open($1::uuid, $2, $3, $4::double precision)",
            [.text(endpoint), .double(lease)]
        )
    }

    /// Takes a rank of a gang that assembles for a job of one of `kinds`, or returns nil where none
    /// does. The others reach this rank at `host`; it is lost after `lease` seconds unless renewed.
    public func joinGang(
        _ kinds: [JobKind],
        owner: UUID,
        lease: Double,
        offer: JobOptions.Resources,
        host: String
    ) throws -> ClaimedJob? {
        try connection.query(
            """
            SELECT * FROM queue.gang_join(
                $1::text[], $2::uuid, $3::double precision, $4::jsonb, $5
            )
            """,
            [
                .array(kinds.map(\.rawValue)), .uuid(owner), .double(lease),
                .json(try JSON(encoding: offer)), .text(host),
            ]
        ).first.map(ClaimedJob.init)
    }

    /// Lengthens a rank's own lease and returns what to do.
    public func renewGang(_ job: ClaimedJob, owner: UUID, lease: Double) throws -> GangOrder {
        let answer = try fenced(
            job.claim,
            "queue.gang_renew($1::uuid, $2, $3, $4::uuid, $5::double precision)",
            [.int(job.rank), .uuid(owner), .double(lease)]
        ).text("result")
        guard let order = GangOrder(rawValue: answer) else {
            throw PostgresError("queue.gang_renew answered '\(answer)'")
        }
        return order
    }

    /// Where the ranks of a complete gang meet, and the token that they have in common.
    public func gangPlace(_ claim: Claim) throws -> (endpoint: String, token: String)? {
        let row = try single(
            connection.query(
                "SELECT * FROM queue.gang_place($1::uuid, $2)",
                [.uuid(claim.job), .int(claim.epoch)]
            ),
            of: "queue.gang_place"
        )
        guard let endpoint = try row.optional("endpoint") else { return nil }
        return (endpoint, try row.text("token"))
    }

    /// Why the gang cannot go on, where a rank failed or fell silent.
    public func gangFailure(_ claim: Claim) throws -> JobFailure? {
        let row = try single(
            connection.query(
                "SELECT * FROM queue.gang_failure($1::uuid, $2)",
                [.uuid(claim.job), .int(claim.epoch)]
            ),
            of: "queue.gang_failure"
        )
        guard let reason = try row.optional("class").flatMap(JobFailure.Class.init) else {
            return nil
        }
        return JobFailure(reason, try row.text("message"))
    }

    /// Records how a rank other than the first ended: `finished`, `released`, or its failure.
    public func leaveGang(
        _ job: ClaimedJob,
        owner: UUID,
        as ending: String,
        _ message: String? = nil
    ) throws {
        try connection.query(
            "SELECT queue.gang_leave($1::uuid, $2, $3, $4::uuid, $5, $6)",
            [
                .uuid(job.claim.job), .int(job.claim.epoch), .int(job.rank), .uuid(owner),
                .text(ending), .text(message?.storable),
            ]
        )
    }

    /// Gives the job back for a while: its gang did not come together. `jitter` is from 0 to 1.
    public func dissolveGang(_ claim: Claim, jitter: Double) throws {
        try fenced(
            claim,
            "queue.gang_dissolve($1::uuid, $2, $3::double precision)",
            [.double(jitter)]
        )
    }
}
