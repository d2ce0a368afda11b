import CStacks
import Foundation
public import Jobs
import Synchronization

/// The mathematics of one kind of job, run in a child process that holds no credential.
public protocol JobHandler: Sendable {
    /// Does the attempt, reporting as it goes.
    ///
    /// - Throws: a `ClassifiedError`, such as `JobFailure`, to say why the attempt failed; anything
    ///   else counts as transient.
    func run(_ assignment: Assignment, _ reporter: Reporter) throws -> AttemptEnding
}

/// How an attempt ended without failing.
public enum AttemptEnding: Sendable {
    case finished
    /// Stopped as asked, its state saved.
    case released
}

/// Writes the child's report, one JSON line at a time, to the pipe that its worker reads.
public final class Reporter: Sendable {
    private let pipe: FileHandle
    private let lock = Mutex(())
    private let stop = Atomic(false)

    init(_ pipe: FileHandle) { self.pipe = pipe }

    /// Whether the worker has asked the child to save its state and end.
    public var shouldStop: Bool { stop.load(ordering: .acquiring) }
    func requestStop() { stop.store(true, ordering: .releasing) }

    /// Sends `line`; a pipe that nobody reads ends the process, since its worker is gone. So does a
    /// line that cannot be written: without it the worker would take the attempt for another one.
    public func report(_ line: ReportLine) {
        lock.withLock { _ in
            let encoder = JSONEncoder()
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf",
                negativeInfinity: "-inf",
                nan: "nan"
            )
            do {
                try pipe.write(contentsOf: encoder.encode(line) + [0x0A])
            } catch {
                let reason = "the report is cut short: \(error)\n"
                try? FileHandle.standardError.write(contentsOf: Data(reason.utf8))
                exit(3)
            }
        }
    }
}

/// The child's whole life: an assignment from standard input, the work, the report.
func runChild(_ handler: some JobHandler) -> Never {
    // What libraries print must not get between the report's lines, so they get standard error.
    let pipe = FileHandle(fileDescriptor: dup(1), closeOnDealloc: true)
    dup2(2, 1)
    let reporter = Reporter(pipe)
    cs_dump_on_quit()
    // A file over the limit is then an error with a name, and not the end.
    signal(SIGXFSZ, SIG_IGN)
    let signals = listenForStop(reporter)
    let input = FileHandle.standardInput.readDataToEndOfFile()
    do {
        let assignment = try JSONDecoder().decode(Assignment.self, from: input)
        switch try handler.run(assignment, reporter) {
        case .finished: reporter.report(.finished)
        case .released: reporter.report(.released)
        }
    } catch {
        reporter.report(.failure(failure(error)))
    }
    for signal in signals { signal.cancel() }
    exit(0)
}

/// SIGTERM asks the child to stop. A child whose worker died is not told: it ends at its next line,
/// which nobody reads any more.
private func listenForStop(_ reporter: Reporter) -> [any DispatchSourceSignal] {
    [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: number,
            queue: DispatchQueue(label: "signals")
        )
        source.setEventHandler { reporter.requestStop() }
        source.resume()
        return source
    }
}

private func failure(_ error: any Error) -> JobFailure {
    switch error {
    case let failure as JobFailure: failure
    case let error as any ClassifiedError: JobFailure(error.failureClass, "\(error)")
    default: JobFailure(.transient, "\(error)")
    }
}
