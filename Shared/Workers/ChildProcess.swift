import Foundation
import Jobs
import Lifecycle
import Synchronization

/// A running child: this executable with the subcommand `run`, in an environment without secrets.
final class ChildProcess: Sendable {
    private let process: Mutex<Process>
    private let lines: FileHandle
    let identifier: Int32

    /// Starts the child and hands it its assignment.
    ///
    /// - Throws: what Foundation says where the process cannot start.
    init(executable: URL, _ assignment: Assignment) throws {
        let process = Process()
        process.executableURL = executable
        process.arguments = ["run"]
        process.environment = childEnvironment(threads: assignment.threads)
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.start()
        identifier = process.processIdentifier
        self.process = Mutex(process)
        lines = output.fileHandleForReading
        let data = try JSONEncoder().encode(assignment)
        do {
            try input.fileHandleForWriting.write(contentsOf: data)
            try input.fileHandleForWriting.close()
        } catch {
            // A child killed this early cannot be written to: how it ended says why, and one that
            // lives reports that its assignment is cut short.
            return
        }
    }

    /// Calls `body` with each line of the report until the child's end.
    ///
    /// - Throws: `JobFailure` for a line that is none or too long; what `body` throws.
    func forEachLine(_ body: (ReportLine) throws -> Void) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        var buffer = LineBuffer()
        while true {
            let piece = lines.availableData
            if piece.isEmpty { return }
            try buffer.add(piece) { line in
                guard let report = try? decoder.decode(ReportLine.self, from: line) else {
                    throw JobFailure(.transient, "the child wrote a line that is no report")
                }
                try body(report)
            }
        }
    }

    /// Waits for the end: nil for status 0, else what ended the child.
    func wait() -> String? {
        let process = process.withLock { ProcessBox(process: $0) }.process
        process.waitUntilExit()
        switch (process.terminationReason, process.terminationStatus) {
        case (.exit, 0): return nil
        case (.exit, let status): return "the child ended with status \(status)"
        case (_, let signal):
            let hint = signal == SIGKILL ? "; if nobody killed it, memory ran out" : ""
            return "the child was ended by signal \(signal)\(hint)"
        }
    }

    /// Asks the child to save its state and end.
    func terminate() { send(SIGTERM) }

    /// Ends the child at once.
    func kill9() { send(SIGKILL) }

    /// Sends `signal` unless the child has ended and was waited for: its number may be that of
    /// another process by then.
    func send(_ signal: Int32) {
        process.withLock { if $0.isRunning { kill(identifier, signal) } }
    }

    /// A `Process` outside its lock, for the one thread that waits.
    private struct ProcessBox: @unchecked Sendable { let process: Process }
}

/// The worker's environment without what names a database, a broker or a secret.
private func childEnvironment(threads: Int) -> [String: String] {
    let kept = ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"]
    var environment = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
    // Waiting threads spin for some 50 µs only: other children may need the cores.
    environment["GOMP_SPINCOUNT"] = "20000"
    environment["OMP_NUM_THREADS"] = String(threads)
    environment["OPENBLAS_NUM_THREADS"] = String(threads)
    // Freed memory stays with the process: by default each large tensor is mapped and unmapped
    // anew, and the page faults of a step cost a fifth of its time.
    environment["MALLOC_MMAP_THRESHOLD_"] = String(4 << 30)
    environment["MALLOC_TRIM_THRESHOLD_"] = String(16 << 30)
    environment["MALLOC_TOP_PAD_"] = String(64 << 20)
    return environment
}
