import Foundation
import Jobs
import Lifecycle
import Logging
import Postgres
import Records

/// Brings the ranks of a gang together before any child starts: all come, or all leave.
struct Assembly {
    enum Ending: Equatable {
        case meets(GangPlace)
        /// The attempt is over, recorded where it had to be; a word for the log.
        case ended(String)
    }

    let job: ClaimedJob
    /// This worker's incarnation.
    let owner: UUID
    let settings: Settings
    let shutdown: Shutdown
    let logger: Logger

    /// - Throws: `Fenced` where the gang works without this rank; `PostgresError` where the lease
    ///   ends before Postgres answers.
    func run(_ database: inout Reconnecting) throws -> Ending {
        let host = settings.gangHost ?? "127.0.0.1"
        if job.rank == 0 {
            // Where another process takes it before the child does, the attempt fails as transient.
            let port = try freePort()
            try JobQueue(database.connection())
                .openGang(job.claim, endpoint: "\(host):\(port)", lease: settings.lease)
        }
        logger.info("waiting for the gang", ["rank": "\(job.rank)", "size": "\(job.worldSize)"])
        var confirmed = ContinuousClock.now
        while !shutdown.isRequested {
            let sent = ContinuousClock.now
            do {
                let queue = JobQueue(try database.connection())
                if let ending = try look(queue, host) { return ending }
                confirmed = sent
            } catch let error as PostgresError
                where !error.isRefusal && sent - confirmed < .seconds(settings.fence)
            {
                logger.warning("the gang waits for the database", ["error": "\(error)"])
            }
            shutdown.wait(0.2)
        }
        let queue = JobQueue(try database.connection())
        try job.rank == 0
            ? queue.release(job.claim) : queue.leaveGang(job, owner: owner, as: "released")
        return .ended("released")
    }

    /// Renews this rank's leases and says how the assembly ended, if it did.
    private func look(_ queue: JobQueue, _ host: String) throws -> Ending? {
        if job.rank == 0 {
            switch try queue.renew(job.claim, lease: settings.lease) {
            case .go, .gang: break
            case .cancel:
                try queue.cancelled(job.claim)
                return .ended("cancelled")
            case .deadline, .runtime:
                let late = JobFailure(.deadline, "its time was over before its gang was complete")
                return .ended(try queue.fail(job.claim, late))
            }
        }
        switch try queue.renewGang(job, owner: owner, lease: settings.lease) {
        case .wait: return nil
        case .go, .gang: return try queue.gangPlace(job.claim).flatMap { place($0, host) }
        case .cancel, .dissolve:
            if job.rank == 0 {
                try queue.dissolveGang(job.claim, jitter: .random(in: 0...1))
            } else {
                try queue.leaveGang(job, owner: owner, as: "released")
            }
            return .ended("dissolved")
        }
    }

    private func place(_ found: (endpoint: String, token: String), _ own: String) -> Ending? {
        guard let colon = found.endpoint.lastIndex(of: ":"),
            let port = Int(found.endpoint[found.endpoint.index(after: colon)...])
        else { return nil }
        return .meets(
            GangPlace(
                rank: job.rank,
                size: job.worldSize,
                host: String(found.endpoint[..<colon]),
                port: port,
                own: own,
                token: found.token
            )
        )
    }
}
