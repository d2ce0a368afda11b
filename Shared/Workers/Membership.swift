import Foundation
import Jobs
import Lifecycle
import Logging
import Postgres
import Records

/// One attempt as a rank other than the first: a child that computes its share, and nothing of it in
/// Postgres but the rank's own lease and how it ended.
final class Membership {
    private let job: ClaimedJob
    private let owner: UUID
    private let settings: Settings
    private let shutdown: Shutdown
    private let logger: Logger
    private var database: Reconnecting
    private var ending: ReportLine?

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
    }

    /// Runs the rank and returns how it ended, as a word for the log.
    ///
    /// - Throws: `Fenced` where the gang is over; `PostgresError`.
    func run() throws -> String {
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

    private func work(_ place: GangPlace) throws -> String {
        let child: ChildProcess
        do {
            child = try ChildProcess(
                executable: try executablePath(),
                job.assignment(store: settings.store, threads: settings.threads, gang: place)
            )
        } catch {
            return try leave("transient", "the child does not start: \(error)")
        }
        let keeper = LeaseKeeper(settings, child, shutdown, logger) { [job, owner, settings] in
            try $0.renewGang(job, owner: owner, lease: settings.lease).order
        }
        defer { keeper.end() }
        do {
            try child.forEachLine { line in
                keeper.heard(line)
                switch line {
                case .failure, .released, .finished: self.ending = line
                default: break
                }
            }
        } catch {
            child.kill9()
            _ = child.wait()
            return try leave("transient", "\(error)")
        }
        return try recordEnd(child.wait(), keeper)
    }

    private func recordEnd(_ status: String?, _ keeper: LeaseKeeper) throws -> String {
        switch keeper.stop {
        case .lost: return "lost"
        // Whoever is gone is known already.
        case .ordered(.gang): return try leave("released", nil)
        case .stalled(let message): return try leave("transient", message)
        case .ordered, nil: break
        }
        switch ending {
        case .finished where status == nil: return try leave("finished", nil)
        case .released where status == nil: return try leave("released", nil)
        case .failure(let failure): return try leave(failure.reason.rawValue, failure.message)
        default: return try leave("lost", status ?? "the child ended without a word")
        }
    }

    /// A rank whose word does not reach Postgres is known by its silence.
    private func leave(_ how: String, _ message: String?) throws -> String {
        if let message { logger.error("a rank failed", ["class": how, "message": message]) }
        try JobQueue(database.connection()).leaveGang(job, owner: owner, as: how, message)
        return how
    }
}

extension JobQueue.GangOrder {
    /// The same for whoever keeps the lease of a child at work.
    var order: JobQueue.Order {
        switch self {
        case .go, .wait: .go
        case .cancel: .cancel
        case .gang, .dissolve: .gang
        }
    }
}
