import Commands
import Logging

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
    ] + lineageCommands + forgetCommands + logCommands + storeCommands + ruleCommands
        + proofCommands
).main()
