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

/// Follows the job until it ends: on a terminal by a line that changes in place, else by a line for
/// each new state and one every five seconds.
///
/// - Throws: `UsageError` where there is no such job, or it did not succeed.
func watch(_ id: UUID, _ connections: Connections) throws {
    let queue = try JobQueue(connections.openDatabase())
    var printed = (line: "", state: "", at: ContinuousClock.now)
    while true {
        guard let status = try queue.status(of: id) else {
            throw UsageError("there is no job \(id)")
        }
        let loss = try queue.curve(of: id).last?.values["loss"]
        if let columns = Terminal.columns {
            Terminal.rewrite(describe(status, loss, bar: columns >= 80), columns: columns)
        } else {
            let line = describe(status, loss, bar: false)
            let due = status.state != printed.state || .now - printed.at > .seconds(5)
            if line != printed.line, due {
                Terminal.write(line + "\n")
                printed = (line, status.state, .now)
            }
        }
        if status.isFinished { return try finish(status) }
        Thread.sleep(forTimeInterval: 0.3)
    }
}

private func finish(_ status: JobStatus) throws {
    if Terminal.columns != nil { print() }
    guard status.state != "succeeded" else { return }
    let reason = status.failure.map { ": \($0)" } ?? ""
    throw UsageError("job \(status.job.uuidString.lowercased()) \(status.state)\(reason)")
}

private func describe(_ status: JobStatus, _ loss: Double?, bar: Bool) -> String {
    let name = status.name ?? String(status.job.uuidString.prefix(8)).lowercased()
    var parts = [name.padding(toLength: max(24, name.count), withPad: " ", startingAt: 0)]
    parts.append(status.state)
    if let total = status.totalSteps, status.step > 0 || status.isFinished {
        let share = Double(status.step) / Double(total)
        if bar { parts.append(progressBar(share, width: 20)) }
        parts.append("\(Int(share * 100)) %  \(status.step)/\(total)")
    }
    if let rate = status.stepsPerSecond { parts.append(String(format: "%.1f/s", rate)) }
    if let left = status.secondsLeft { parts.append("\(duration(left)) left") }
    if let loss { parts.append(String(format: "loss %.4f", loss)) }
    if status.attempt > 1 { parts.append("attempt \(status.attempt)") }
    return parts.joined(separator: "  ")
}
