import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// One attempt at a job: a child, its report, and what of it goes to Postgres.
final class Attempt {
    private let job: ClaimedJob
    private let owner: UUID
    private let settings: Settings
    private let shutdown: Shutdown
    private let logger: Logger
    private var database: Reconnecting
    private var outputs: [JobOutput] = []
    private var metrics: [MetricValue] = []
    private var ending: ReportLine?
    private var step: Int
    /// When that was, once the child has said so.
    private var stepAt: ContinuousClock.Instant?
    /// What the attempt goes on from.
    private var source: String

    /// The `owner`, this worker's incarnation, holds the claim.
    init(
        _ job: ClaimedJob,
        _ owner: UUID,
        _ settings: Settings,
        _ shutdown: Shutdown,
        _ logger: Logger
    ) {
        (self.job, self.owner, self.settings) = (job, owner, settings)
        (self.shutdown, self.logger) = (shutdown, logger)
        database = Reconnecting(settings.database)
        step = job.snapshot?.step ?? 0
        source = job.snapshot == nil ? "start" : "newest"
    }

    /// Runs the attempt and records its end, which is returned as a word for the log.
    ///
    /// - Throws: `Fenced` where another worker holds the job; `PostgresError`.
    func run() throws -> String {
        guard job.worldSize > 1 else { return try work(nil) }
        let assembly = Assembly(
            job: job,
            owner: owner,
            settings: settings,
            shutdown: shutdown,
            logger: logger
        )
        switch try assembly.run(&database) {
        case .ended(let word): return word
        case .meets(let place): return try work(place)
        }
    }

    private func work(_ place: GangPlace?) throws -> String {
        let child: ChildProcess
        do {
            child = try ChildProcess(
                executable: try executablePath(),
                job.assignment(store: settings.store, threads: settings.threads, gang: place)
            )
        } catch {
            let failure = JobFailure(.transient, "the child does not start: \(error)")
            return try JobQueue(database.connection()).fail(job.claim, failure, jitter: jitter())
        }
        logger.info("child", ["pid": "\(child.identifier)"])
        let keeper = LeaseKeeper(settings, child, shutdown, logger) { [job, owner, settings] in
            let order = try $0.renew(job.claim, lease: settings.lease)
            guard order == .go, job.worldSize > 1 else { return order }
            return try $0.renewGang(job, owner: owner, lease: settings.lease).order
        }
        defer {
            keeper.end()
            if job.claim.epoch > 1 { Measures.resumes.add(job.kind.rawValue, source) }
        }
        do {
            try child.forEachLine { try take($0, keeper) }
        } catch {
            child.kill9()
            _ = child.wait()
            guard let failure = error as? JobFailure else { throw error }
            return try fail(failure, keeper)
        }
        return try recordEnd(child.wait(), keeper)
    }

    private func take(_ line: ReportLine, _ keeper: LeaseKeeper) throws {
        keeper.heard(line)
        let claim = job.claim
        switch line {
        case .progress(let step, let total, let values):
            measure(step)
            try recordProgress { try $0.progress(claim, step: step, total: total, values: values) }
        case .snapshot(let reference, let bytes, let seconds):
            Measures.checkpointSeconds.observe(seconds)
            try record(keeper) { try $0.snapshot(claim, reference, bytes: bytes) }
            Measures.checkpointBytes.add(job.kind.rawValue, amount: Double(max(0, bytes)))
        case .damaged(let reference, let reason, let resumed):
            source = resumed > 0 ? "older" : "start"
            logger.error("a snapshot is damaged", ["step": "\(reference.step)", "error": reason])
            try record(keeper) {
                try $0.discard(claim, reference, because: reason, resumed: resumed)
            }
        case .output(let output): outputs.append(output)
        case .metric(let metric): metrics.append(metric)
        case .failure, .released, .finished: ending = line
        }
    }

    private func measure(_ step: Int) {
        let now = ContinuousClock.now
        defer { (self.step, stepAt) = (step, now) }
        guard step > self.step else { return }
        let steps = Double(step - self.step)
        Measures.steps.add(job.kind.rawValue, amount: steps)
        guard let stepAt else { return }
        Measures.stepSeconds.observe((now - stepAt) / .seconds(1) / steps, job.kind.rawValue)
    }

    private func recordEnd(_ status: String?, _ keeper: LeaseKeeper) throws -> String {
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

    private func fail(_ failure: JobFailure, _ keeper: LeaseKeeper) throws -> String {
        Measures.failures.add(job.kind.rawValue, failure.reason.rawValue)
        let (claim, jitter) = (job.claim, jitter())
        let state = try record(keeper) { try $0.fail(claim, failure, jitter: jitter) }
        logger.error("failed", ["reason": failure.description, "then": state ?? "unknown"])
        return state ?? "failed"
    }

    /// Full jitter: the wait before the next attempt is uniform below its limit.
    private func jitter() -> Double { .random(in: 0...1) }

    // Postgres, which may be away for a while

    /// Writes what must not be missed: again and again while the lease holds. A call that was not
    /// answered may have had its effect, so the job itself says whether it had; then nil is
    /// returned.
    @discardableResult
    private func record<Value>(
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
    private func recordProgress(_ body: (JobQueue) throws -> Void) throws {
        do {
            try body(JobQueue(database.connection()))
        } catch let error as PostgresError {
            logger.warning("progress was not recorded", ["error": "\(error)"])
        }
    }
}

/// The file of this process's program.
func executablePath() throws -> URL {
    URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
}
