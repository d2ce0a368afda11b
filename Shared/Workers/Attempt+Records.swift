import Foundation
import Jobs
import Logging
import Postgres
import Records

/// What an attempt writes to Postgres, which may be away for a while.
extension Attempt {
    /// Writes what must not be missed: again and again while the lease holds. A call that was not
    /// answered may have had its effect, so the job itself says whether it had; then nil is
    /// returned.
    @discardableResult
    func record<Value>(
        _ keeper: LeaseKeeper,
        _ body: (JobQueue) throws -> Value
    ) throws -> Value? {
        var unanswered = false
        while true {
            do {
                let queue = JobQueue(try database.connection())
                if unanswered, !["held", "fenced"].contains(try queue.outcome(of: job.claim)) {
                    return nil
                }
                return try body(queue)
            } catch let error as PostgresError where !keeper.lostLease && !error.isRefusal {
                logger.warning("recording will try again", ["error": "\(error)"])
                unanswered = true
                Thread.sleep(forTimeInterval: 0.5)
            }
        }
    }

    /// Writes what the next line will say again.
    func recordProgress(_ body: (JobQueue) throws -> Void) throws {
        do {
            try body(JobQueue(database.connection()))
        } catch let error as PostgresError {
            logger.warning("progress was not recorded", ["error": "\(error)"])
        }
    }
}
