import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// One attempt at a job: a child, its report, and what of it goes to Postgres.
final class Attempt {
    let job: ClaimedJob
    private let owner: UUID
    let settings: Settings
    let shutdown: Shutdown
    let logger: Logger
    var database: Reconnecting
    private(set) var outputs: [JobOutput] = []
    private(set) var metrics: [MetricValue] = []
    private(set) var ending: ReportLine?
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
        case .preparing(let done, let total):
            logger.debug("preparing", ["done": "\(done)", "total": "\(total)"])
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
}

/// The file of this process's program.
func executablePath() throws -> URL {
    URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
}
