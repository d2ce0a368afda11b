import Commands
import Foundation
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
        let name = "palimpsest \(kind.rawValue) worker"
        let serve = Command(
            "serve",
            summary: "Takes jobs from \(kind.topic) until SIGTERM; settings come from PALIMPSEST_*."
        ) { [kind] _ in try WorkerProgram.serve(kind) }
        let run = Command(
            "run",
            summary: "Does one attempt whose assignment comes on standard input (used by serve)."
        ) { [handler] _ in runChild(handler) }
        Program(name, summary: "Does \(kind.rawValue) jobs.", commands: [serve, run])
            .main(default: "serve")
    }

    private static func serve(_ kind: JobKind) throws {
        let environment = ProcessInfo.processInfo.environment
        LoggingSystem.bootstrap(level: .info, json: environment["PALIMPSEST_LOG"] == "json")
        let settings = try Settings(environment)
        let logger = Logger(label: "\(kind.rawValue)-worker")
        try Migrator(Connection(settings.database), Migration.load(Migration.folder()))
            .requireCurrent()
        logger.notice("serving", ["topic": kind.topic, "threads": "\(settings.threads)"])
        try ServiceGroup(
            [
                Housekeeping(settings, logger), Reaper(settings, logger),
                Supervisor(kind, settings, logger),
                Intake(kind, settings, logger), Control(settings, logger),
            ],
            logger: logger
        ).run()
    }
}
