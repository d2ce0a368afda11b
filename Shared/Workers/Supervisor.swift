import Foundation
import Jobs
import Lifecycle
import Logging
import Metrics
import Postgres
import Records

/// Claims jobs of one kind, one at a time, and has a child do each.
struct Supervisor: Service {
    let name = "supervisor"
    private let kind: JobKind
    private let settings: Settings
    private let doorbell: Doorbell
    private let logger: Logger
    /// New for every start of the process, so that an old lease is never taken for ours.
    private let owner = UUID()

    init(_ kind: JobKind, _ settings: Settings, _ doorbell: Doorbell, _ logger: Logger) {
        (self.kind, self.settings, self.doorbell) = (kind, settings, doorbell)
        self.logger = logger
    }

    func run(until shutdown: Shutdown) throws {
        var database = Reconnecting(settings.database)
        var isEnlisted = false
        let build = try WorkerBuild.ofThisProcess()
        while !shutdown.isRequested {
            do {
                let connection = try database.connection()
                let queue = JobQueue(connection)
                if !isEnlisted {
                    try queue.enlist(owner, kind, offer: settings.offer, build: build)
                    isEnlisted = true
                }
                guard let job = try next(queue) else {
                    doorbell.wait(.random(in: 0.1...0.2))
                    continue
                }
                var logger = logger
                logger.metadata = [
                    "job": job.claim.job.uuidString.lowercased(), "epoch": "\(job.claim.epoch)",
                ]
                attempt(job, shutdown, logger)
            } catch {
                logger.warning("claiming will try again", ["error": "\(error)"])
                shutdown.wait(1)
            }
        }
    }

    /// A rank of a gang that waits for one, so that its other workers are not kept waiting; else the
    /// first job of the queue.
    private func next(_ queue: JobQueue) throws -> ClaimedJob? {
        if let host = settings.gangHost,
            let job = try queue.joinGang(
                [kind],
                owner: owner,
                lease: settings.lease,
                offer: settings.offer,
                host: host
            )
        {
            return job
        }
        return try queue.claim([kind], owner: owner, lease: settings.lease, offer: settings.offer)
    }

    /// One attempt from start to its record in Postgres. Nothing is thrown on: whatever could not
    /// be recorded is settled by the lease's end.
    private func attempt(_ job: ClaimedJob, _ shutdown: Shutdown, _ logger: Logger) {
        logger.notice("started", ["attempt": "\(job.attempt)", "rank": "\(job.rank)"])
        let start = ContinuousClock.now
        var outcome = "unrecorded"
        defer {
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            Measures.runSeconds.observe(seconds, kind.rawValue, outcome)
        }
        if job.rank == 0 { Measures.queueWait.observe(job.waited, kind.rawValue) }
        if job.rank == 0, job.claim.epoch > 1 {
            Measures.lostSteps.observe(Double(job.lostSteps))
        }
        do {
            let ending =
                job.rank == 0
                ? try Attempt(job, owner, settings, shutdown, logger).run()
                : try Membership(job, owner, settings, shutdown, logger).run()
            outcome = ending
            logger.notice("ended", ["as": ending])
        } catch let error as Fenced {
            outcome = "fenced"
            Measures.fenced.add(error.operation)
            logger.warning("another worker holds the job; this attempt is dropped")
        } catch {
            logger.error("the attempt's end could not be recorded", ["error": "\(error)"])
        }
    }
}
