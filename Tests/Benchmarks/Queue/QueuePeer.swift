import Foundation
import Jobs
import Lifecycle

/// What procrastinate (peer/procrastinate_queue.py) did on the same server.
struct QueuePeer: Decodable {
    var version: String
    var jobsPerSecond: Double
    /// From the deferring to the task's start, at an idle worker.
    var startMs: [Double]

    private static let python = ".deps/peer-queue/bin/python"

    /// Runs the peer on the empty database, or returns nil where `make peer` could not install it.
    ///
    /// - Throws: `JobFailure` where it gives no answer.
    static func measure(
        _ conninfo: String,
        jobs: Int = 1,
        rounds: Int = 1
    ) throws -> QueuePeer? {
        guard FileManager.default.isExecutableFile(atPath: python) else {
            print("queue: there is no procrastinate to compare with; `make peer` installs it")
            return nil
        }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: python)
        let script = "Tests/Benchmarks/peer/procrastinate_queue.py"
        process.arguments = [script, conninfo, String(jobs), String(rounds)]
        process.standardOutput = output
        try process.start()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw JobFailure(.lost, "procrastinate gave no answer; see above")
        }
        return try JSON(parsing: answer).decode(QueuePeer.self)
    }
}
