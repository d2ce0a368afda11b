import Commands
import Foundation
import HTTP
public import Jobs
import Lifecycle
import Logging
import Postgres

/// A worker's executable: it serves jobs of one kind; as `run` it is its own child.
public struct WorkerProgram<Handler: JobHandler>: Sendable {
    private let kind: JobKind
    private let handler: Handler

    public init(_ kind: JobKind, _ handler: Handler) { (self.kind, self.handler) = (kind, handler) }

    /// Serves until SIGTERM, or does one attempt as the child of a worker.
    public func main() -> Never {
        // A child that ended before it was written to is an error to be recorded, not this process's
        // end; and a child whose worker is gone says so by its status.
        signal(SIGPIPE, SIG_IGN)
        let name = ProcessInfo.processInfo.processName
        let serve = Command(
            "serve",
            summary: "Takes jobs from \(kind.topic) until SIGTERM; settings come from PALIMPSEST_*."
        ) { [kind] _ in try WorkerProgram.serve(kind) }
        let run = Command(
            "run",
            summary: "Does one attempt whose assignment comes on standard input (used by serve)."
        ) { [handler] _ in runChild(handler) }
        let probe = Command(
            "probe",
            summary: "Asks the worker at PALIMPSEST_HTTP whether it is alive, for health checks."
        ) { _ in
            let address = ProcessInfo.processInfo.environment["PALIMPSEST_HTTP"] ?? ""
            guard !address.isEmpty else {
                throw UsageError(
                    "PALIMPSEST_HTTP is not set, so the worker serves no health; set it to "
                        + "host:port, such as 127.0.0.1:9464, for the worker and here"
                )
            }
            guard try Page("/healthz", from: address).status == 200 else { exit(1) }
        }
        Program(name, summary: "Does \(kind.rawValue) jobs.", commands: [serve, run, probe])
            .main(default: "serve")
    }

    private static func serve(_ kind: JobKind) throws {
        hideFromOthers()
        let environment = ProcessInfo.processInfo.environment
        LoggingSystem.bootstrap(level: .info, json: environment["PALIMPSEST_LOG"] == "json")
        let settings = try Settings(environment)
        let logger = Logger(label: "\(kind.rawValue)-worker")
        try awaitDatabase(settings, logger)
        let (health, doorbell) = (Health(settings), Doorbell())
        health.begin()
        let server = try settings.http.map { try Server($0, respond: health.respond) }
        logger.notice(
            "serving",
            [
                "topic": kind.topic, "threads": "\(settings.threads)",
                "http": server.map { "port \($0.port)" } ?? "off",
            ]
        )
        // The server goes on until the last service has ended, saying that it is not ready.
        try withExtendedLifetime(server) {
            try ServiceGroup(
                [
                    Housekeeping(settings, logger), Reaper(settings, logger),
                    LogSealing(settings, logger),
                    Supervisor(kind, settings, doorbell, logger),
                    Intake(kind, settings, health, doorbell, logger), Control(settings, logger),
                    Drain(health: health),
                ],
                logger: logger
            ).run()
        }
    }
    /// Returns once the database has answered that its schema is this program's. One that is away
    /// for a moment, as while everything starts, is no reason to end.
    private static func awaitDatabase(_ settings: Settings, _ logger: Logger) throws {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try Migrator(
                    Connection(settings.database),
                    Migration.load(Migration.folder())
                ).requireCurrent()
            } catch let error as PostgresError where error.connectionLost {
                guard ContinuousClock.now < end else { throw error }
                logger.warning("the start waits for the database", ["error": "\(error)"])
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }
}
