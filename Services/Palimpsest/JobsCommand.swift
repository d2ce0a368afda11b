import Commands
import Foundation
import Kafka
import Jobs
import Postgres
import Records

let jobsCommand = Command(
    "jobs",
    summary: "Lists the newest jobs.",
    options: [Option("limit", "N", help: "how many; 20 by default")]
) { invocation in
    let queue = try JobQueue(Connections.find().openDatabase())
    let rows = try queue.jobs(limit: invocation.integer("limit") ?? 20).map { job in
        [
            job.job.uuidString.lowercased(), job.kind.rawValue, job.name ?? "", job.state,
            "\(job.step)/\(job.totalSteps.map(String.init) ?? "?")", job.failure?.description ?? "",
        ]
    }
    printTable(["job", "kind", "name", "state", "step", "failure"], rows)
}

let cancelCommand = Command("cancel", summary: "Asks for the end of a job.", arguments: ["JOB"]) {
    invocation in
    guard let id = UUID(uuidString: invocation.arguments[0]) else {
        throw UsageError(
            "'\(invocation.arguments[0])' is not a job's id; `palimpsest jobs` lists them"
        )
    }
    print(try JobQueue(Connections.find().openDatabase()).cancel(id).rawValue)
}

let migrateCommand = Command("migrate", summary: "Brings the database to this build's schema.") {
    _ in
    guard let database = ProcessInfo.processInfo.environment["PALIMPSEST_DATABASE"] else {
        throw UsageError("set PALIMPSEST_DATABASE to libpq's connection string of the database")
    }
    let applied = try Migrator(Connection(database), Migration.load(Migration.folder())).migrate()
    for migration in applied { print("applied \(migration.version) \(migration.name)") }
    if applied.isEmpty { print("nothing to apply") }
}

let topicsCommand = Command(
    "topics",
    summary: "Creates the topics that do not exist yet.",
    options: [
        Option("partitions", "N", help: "of each topic; 6 by default"),
        Option("replication", "N", help: "copies of each partition; 1 by default"),
    ]
) { invocation in
    guard let bootstrap = ProcessInfo.processInfo.environment["PALIMPSEST_KAFKA"] else {
        throw UsageError("set PALIMPSEST_KAFKA to host:port of the brokers")
    }
    let connections = Connections(database: "", kafka: bootstrap, store: "")
    let producer = try Producer(connections.openKafka())
    try producer.create(
        Topics.all,
        partitions: invocation.integer("partitions") ?? 6,
        replication: invocation.integer("replication") ?? 1
    )
    print(Topics.all.joined(separator: "\n"))
}

/// Prints `rows` under `header`, columns aligned.
func printTable(_ header: [String], _ rows: [[String]]) {
    let widths = header.indices.map { column in
        ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    for row in [header] + rows {
        let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        print(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }
}
