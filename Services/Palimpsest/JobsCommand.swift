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
    let rows = try queue.jobs(limit: invocation.integer("limit", in: Limits.rows) ?? 20).map {
        job in
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
    guard let database = setting("PALIMPSEST_DATABASE") else {
        throw UsageError("set PALIMPSEST_DATABASE to libpq's connection string of the database")
    }
    let applied = try Migrator(Connection(database), Migration.load(Migration.folder())).migrate()
    for migration in applied { print("applied \(migration.version) \(migration.name)") }
    if applied.isEmpty { print("nothing to apply") }
}
