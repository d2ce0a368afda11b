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

/// Follows the job until it ends.
///
/// - Throws: `UsageError` where there is no such job, `Failure` where it did not succeed.
func watch(_ id: UUID, _ connections: Connections) throws {
    let queue = try JobQueue(connections.openDatabase())
    var display = JobDisplay()
    while try !display.show([id], queue).contains(id) { Thread.sleep(forTimeInterval: 0.3) }
}

/// Jobs as they go on: on a terminal in one line that changes in place, else by a line for each new
/// state and one every five seconds.
struct JobDisplay {
    /// What to call jobs that have no name.
    var names: [UUID: String] = [:]
    private var printed: [UUID: (line: String, state: String, at: ContinuousClock.Instant)] = [:]

    /// Shows where the jobs are.
    ///
    /// - Returns: those that have succeeded.
    /// - Throws: `UsageError` where there is no such job, `Failure` where one has ended otherwise.
    mutating func show(_ jobs: [UUID], _ queue: JobQueue) throws -> Set<UUID> {
        let states = try jobs.map { id in
            guard let status = try queue.status(of: id) else {
                throw UsageError("there is no job \(id)")
            }
            return (status: status, loss: try queue.lastPoint(of: id)?.values["loss"])
        }
        if let columns = Terminal.columns {
            try rewrite(states, columns: columns)
        } else {
            for (status, loss) in states {
                try write(status, describe(status, names[status.job], loss, bar: false))
            }
        }
        let ended = states.map(\.status).filter(\.isFinished)
        for status in ended { try finish(status) }
        return Set(ended.map(\.job))
    }

    /// What has ended stays, each in a line of its own; what has not shares the last one.
    private func rewrite(
        _ states: [(status: JobStatus, loss: Double?)],
        columns: Int
    ) throws {
        for (status, loss) in states where status.isFinished {
            let line = describe(status, names[status.job], loss, bar: columns >= 80)
            try Terminal.rewrite(line, columns: columns)
            try Terminal.write("\n")
        }
        let going = states.filter { !$0.status.isFinished }
        guard !going.isEmpty else { return }
        let alone = columns >= 80 && going.count == 1
        let lines = going.map {
            describe($0.status, names[$0.status.job], $0.loss, bar: alone)
        }
        try Terminal.rewrite(lines.joined(separator: "  |  "), columns: columns)
    }

    private mutating func write(_ status: JobStatus, _ line: String) throws {
        let last = printed[status.job]
        let due = last.map { $0.state != status.state || .now - $0.at > .seconds(5) } ?? true
        guard due, line != last?.line else { return }
        try Terminal.write(line + "\n")
        printed[status.job] = (line, status.state, .now)
    }
}

private func finish(_ status: JobStatus) throws {
    guard status.state != "succeeded" else { return }
    let reason = status.failure.map { ": \($0)" } ?? ""
    throw Failure("job \(status.job.uuidString.lowercased()) \(status.state)\(reason)")
}

private func describe(_ status: JobStatus, _ given: String?, _ loss: Double?, bar: Bool) -> String {
    let name = status.name ?? given ?? String(status.job.uuidString.prefix(8)).lowercased()
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
