import Commands
import Foundation
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
        let share = job.totalSteps.map { " \(100 * job.step / max(1, $0)) %" } ?? ""
        return [
            job.job.uuidString.lowercased(), job.name ?? "", job.kind.rawValue, job.method,
            job.state, "\(job.step)/\(job.totalSteps.map(String.init) ?? "?")" + share,
            job.secondsLeft.map(duration) ?? "", "\(job.attempt)/\(job.maxAttempts)",
            job.failure?.description ?? "",
        ]
    }
    guard !rows.isEmpty else { return print("no jobs yet; `palimpsest submit FILE` publishes one") }
    printTable(
        ["job", "name", "kind", "method", "state", "steps", "left", "attempt", "failure"],
        rows
    )
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

/// Prints `rows` under `header`, columns aligned.
func printTable(_ header: [String], _ rows: [[String]]) {
    let widths = header.indices.map { column in
        ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    for row in [header] + rows {
        let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        let line = cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
            .replacing("\n", with: " ")
        print(Terminal.columns.map { String(line.prefix($0)) } ?? line)
    }
}
