import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// What becomes of the job when its child has ended.
extension Attempt {
    func recordEnd(_ status: String?, _ keeper: LeaseKeeper) throws -> String {
        let (claim, word) = (job.claim, status ?? "the child ended without a word")
        switch keeper.stop {
        case .lost: return "lost"
        case .ordered(.cancel):
            try record(keeper) { try $0.cancelled(claim) }
            measureCancellation()
            return "cancelled"
        case .ordered(.deadline):
            return try fail(JobFailure(.deadline, "its deadline came while it ran"), keeper)
        case .ordered(.runtime):
            return try fail(JobFailure(.transient, "the attempt took longer than it may"), keeper)
        case .stalled(let message): return try fail(JobFailure(.transient, message), keeper)
        case .ordered(.gang):
            let gone = JobFailure(.lost, "a rank of the gang is gone")
            return try fail(gangFailure(waiting: 0) ?? gone, keeper)
        case .ordered(.go), nil: break
        }
        switch ending {
        case .finished where status == nil: return try complete(keeper)
        case .released where status == nil:
            try record(keeper) { try $0.release(claim) }
            return "released"
        case .failure(let failure):
            // Another rank's end looks from here like a broken connection.
            let cause = job.worldSize > 1 ? gangFailure(waiting: 3) : nil
            return try fail(cause ?? failure, keeper)
        default: return try fail(JobFailure(.lost, word), keeper)
        }
    }

    private func complete(_ keeper: LeaseKeeper) throws -> String {
        let start = ContinuousClock.now
        var result = "failed"
        defer {
            Measures.seals.add(result)
            Measures.sealSeconds.observe((ContinuousClock.now - start) / .seconds(1))
        }
        do {
            try record(keeper) { [job, outputs, metrics] in
                try $0.complete(job, outputs: outputs, metrics: metrics)
            }
            result = "ok"
        } catch let failure as JobFailure {
            result = "refused"
            return try fail(failure, keeper)
        } catch let error as Fenced {
            result = "fenced"
            throw error
        }
        return "succeeded"
    }

    /// What another rank says of its failure, or that it fell silent; asked for `waiting` seconds.
    private func gangFailure(waiting: Double) -> JobFailure? {
        let end = ContinuousClock.now + .seconds(waiting)
        repeat {
            do {
                let queue = JobQueue(try database.connection())
                if let failure = try queue.gangFailure(job.claim) { return failure }
            } catch {
                logger.warning("the gang was not asked", ["error": "\(error)"])
            }
        } while ContinuousClock.now < end && !shutdown.wait(0.2)
        return nil
    }

    /// The job is over; a number that cannot be had now is not worth another try.
    private func measureCancellation() {
        do {
            let queue = JobQueue(try database.connection())
            guard let seconds = try queue.cancelSeconds(of: job.claim.job) else { return }
            Measures.cancelSeconds.observe(seconds)
        } catch {
            logger.warning("the cancellation was not measured", ["error": "\(error)"])
        }
    }

    func fail(_ failure: JobFailure, _ keeper: LeaseKeeper) throws -> String {
        Measures.failures.add(job.kind.rawValue, failure.reason.rawValue)
        let (claim, jitter) = (job.claim, jitter())
        let state = try record(keeper) { try $0.fail(claim, failure, jitter: jitter) }
        logger.error("failed", ["reason": failure.description, "then": state ?? "unknown"])
        return state ?? "failed"
    }

    /// Full jitter: the wait before the next attempt is uniform below its limit.
    func jitter() -> Double { .random(in: 0...1) }
}
