import Commands
import Foundation
import Jobs
import Logging
import Postgres

/// The program by its bytes, as a worker's runs name theirs, and the schema that it was built for.
@Sendable func version() throws -> String {
    let code = try Data(contentsOf: URL(filePath: "/proc/self/exe"), options: .mappedIfSafe)
    let schema = try Migration.load(Migration.folder()).last?.version ?? 0
    return "palimpsest, program \(Digest(of: code).hex.prefix(12)), schema \(schema)"
}

LoggingSystem.bootstrap(level: .warning, json: false)
Program(
    "palimpsest",
    summary:
        "Trains, distils, unlearns and evaluates diffusion models, and traces every checkpoint.",
    commands: [
        upCommand, demoCommand, submitCommand, watchCommand, jobsCommand, cancelCommand,
        retryCommand, deadLettersListCommand, deadLettersReplayCommand,
        exportCommand, dataImportCommand, dataShapesCommand, migrateCommand, topicsCommand,
        schemasCommand, doctorCommand,
    ] + lineageCommands + forgetCommands + deployCommands + logCommands + storeCommands
        + ruleCommands + proofCommands,
    version: version,
    explain: explained
).main()
