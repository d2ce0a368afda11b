import Commands
import Foundation
import Jobs
import Records

let watchCommand = Command(
    "watch",
    summary: "Follows a job to its end: steps, rate, time left, loss.",
    arguments: ["JOB"]
) { invocation in
    guard let id = UUID(uuidString: invocation.arguments[0]) else {
        throw UsageError(
            "'\(invocation.arguments[0])' is not a job's id; `palimpsest jobs` lists them"
        )
    }
    try watch(id, Connections.find())
}

/// Prints a line that changes in place on a terminal until the job ends.
///
/// - Throws: `UsageError` where there is no such job, or it did not succeed.
func watch(_ id: UUID, _ connections: Connections) throws {
    let queue = try JobQueue(connections.openDatabase())
    let terminal = isatty(1) == 1
    var last = ""
    while true {
        guard let status = try queue.status(of: id) else {
            throw UsageError("there is no job \(id)")
        }
        let line = try describe(status, loss: queue.curve(of: id).last?.values["loss"])
        if line != last, terminal || status.isFinished || last.isEmpty {
            let text = terminal ? "\r\u{1B}[K" + line : line + "\n"
            FileHandle.standardOutput.write(Data(text.utf8))
        }
        last = line
        if status.isFinished {
            if terminal { print() }
            if let failure = status.failure {
                throw UsageError("job \(id) \(status.state): \(failure)")
            }
            return
        }
        Thread.sleep(forTimeInterval: 0.3)
    }
}

private func describe(_ status: JobStatus, loss: Double?) throws -> String {
    let name = status.name ?? String(status.job.uuidString.prefix(8)).lowercased()
    var parts = [name.padding(toLength: 26, withPad: " ", startingAt: 0), status.state]
    if let total = status.totalSteps, status.state == "running" || status.isFinished {
        parts.append("\(status.step)/\(total)")
    }
    if let rate = status.stepsPerSecond { parts.append(String(format: "%.1f/s", rate)) }
    if let left = status.secondsLeft { parts.append("\(Int(left)) s left") }
    if let loss { parts.append(String(format: "loss %.4f", loss)) }
    return parts.joined(separator: "  ")
}
