import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Records

/// One attempt at a job: a child, its report, and what of it goes to Postgres.
final class Attempt {
    private let job: ClaimedJob
    private let queue: JobQueue
    private let settings: Settings
    private let shutdown: Shutdown
    private let logger: Logger
    private var outputs: [JobOutput] = []
    private var metrics: [MetricValue] = []
    private var ending: ReportLine?
    private var step: Int

    init(
        _ job: ClaimedJob,
        _ queue: JobQueue,
        _ settings: Settings,
        _ shutdown: Shutdown,
        _ logger: Logger
    ) {
        (self.job, self.queue, self.settings) = (job, queue, settings)
        (self.shutdown, self.logger) = (shutdown, logger)
        step = job.snapshot?.step ?? 0
    }

    /// Runs the attempt and records its end, which is returned as a word for the log.
    ///
    /// - Throws: `Fenced` where another worker holds the job; `PostgresError`.
    func run() throws -> String {
        let child: ChildProcess
        do {
            child = try ChildProcess(
                executable: try executablePath(),
                job.assignment(store: settings.store, threads: settings.threads)
            )
        } catch {
            return try record(JobFailure(.transient, "the child does not start: \(error)"))
        }
        logger.info("child", ["pid": "\(child.identifier)"])
        let keeper = LeaseKeeper(job.claim, settings, child, shutdown, logger)
        defer { keeper.stop() }
        do {
            try child.forEachLine(take)
        } catch {
            child.kill9()
            _ = child.wait()
            guard let failure = error as? JobFailure else { throw error }
            return try record(failure)
        }
        return try recordEnd(child.wait(), keeper)
    }

    private func take(_ line: ReportLine) throws {
        switch line {
        case .progress(let step, let total, let values):
            Measures.steps.add(job.kind.rawValue, amount: Double(max(0, step - self.step)))
            self.step = step
            try queue.progress(job.claim, step: step, total: total, values: values)
        case .snapshot(let reference, let bytes):
            try queue.snapshot(job.claim, reference, bytes: bytes)
            Measures.checkpointBytes.add(job.kind.rawValue, amount: Double(max(0, bytes)))
        case .output(let output): outputs.append(output)
        case .metric(let metric): metrics.append(metric)
        case .failure, .released, .finished: ending = line
        }
    }

    private func recordEnd(_ status: String?, _ keeper: LeaseKeeper) throws -> String {
        if keeper.wasCancelled {
            try queue.cancelled(job.claim)
            return "cancelled"
        }
        if keeper.lostLease { return "lost" }
        switch ending {
        case .finished where status == nil:
            do {
                try queue.complete(job, outputs: outputs, metrics: metrics)
            } catch let failure as JobFailure {
                return try record(failure)
            }
            return "succeeded"
        case .released where status == nil:
            try queue.release(job.claim)
            return "released"
        case .failure(let failure): return try record(failure)
        default: return try record(JobFailure(.lost, status ?? "the child ended without a word"))
        }
    }

    /// Full jitter: the wait before the next attempt is uniform below 1 s · 2^attempt, at most
    /// 15 minutes.
    private func record(_ failure: JobFailure) throws -> String {
        Measures.failures.add(job.kind.rawValue, failure.reason.rawValue)
        let limit = min(900, pow(2, Double(min(job.attempt, 10))))
        let retried = try queue.fail(job.claim, failure, delay: .random(in: 0...limit))
        logger.error("failed", ["reason": failure.description, "retried": "\(retried)"])
        return retried ? "retrying" : "failed"
    }
}

/// The file of this process's program.
private func executablePath() throws -> URL {
    URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
}
