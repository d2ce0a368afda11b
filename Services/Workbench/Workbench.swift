public import Checkpoints
public import Jobs
public import Store
import Tensors
public import Training
public import Workers

/// What every handler needs for one attempt: the store, the threads, and the way from a run's
/// steps to the worker's report.
public struct Workbench {
    public let store: ArtifactStore
    /// How batches are divided.
    public let division: Division
    private let assignment: Assignment
    private let reporter: Reporter

    /// - Throws: `StoreError` where the store cannot be opened.
    public init(_ assignment: Assignment, _ reporter: Reporter) throws {
        store = try ArtifactStore(url: assignment.store)
        (self.assignment, self.reporter) = (assignment, reporter)
        division = Division(pieces: assignment.pieces)
        Engine.threads = assignment.threads
    }

    /// Runs `steps` from the last snapshot on and, once all are done, `finish`.
    public func run<Work: Steps>(
        _ steps: inout Work,
        _ work: WorkSpec,
        finish: (Work) throws -> Void
    ) throws -> AttemptEnding {
        var saveSeconds = 0.0
        var control = RunControl(
            store: store,
            snapshots: assignment.snapshots,
            report: { [reporter] step, values in
                reporter.report(.progress(step: step, total: work.steps, values: values))
            },
            saved: { [reporter] reference, bytes in
                reporter.report(.snapshot(reference, bytes: bytes, seconds: saveSeconds))
            },
            damaged: { [reporter] reference, reason, resumed in
                reporter.report(.damaged(reference, reason: reason, resumed: resumed))
            },
            shouldStop: { [reporter] in reporter.shouldStop }
        )
        control.saving = { saveSeconds = $0 }
        guard try Training.run(&steps, work, control) == .finished else { return .released }
        try finish(steps)
        return .finished
    }

    /// Stores `checkpoint` and reports it as the job's main output.
    public func output(_ checkpoint: Checkpoint) throws {
        let (digest, manifest) = try checkpoint.save(in: store)
        reporter.report(
            .output(
                JobOutput(
                    name: "checkpoint",
                    kind: "checkpoint",
                    content: digest,
                    bytes: manifest.bytes,
                    info: manifest.info
                )
            )
        )
    }
}
