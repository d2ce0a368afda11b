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
        division = Division(pieces: assignment.pieces, gang: try assignment.gang.map(Gang.init))
        Engine.threads = assignment.threads
    }

    /// Tells the worker how much is prepared of what the steps need.
    ///
    /// - Throws: `Stopped` where the child is to end.
    public func prepared(_ done: Int, of total: Int) throws {
        reporter.report(.preparing(done: done, total: total))
        if reporter.shouldStop { throw Stopped() }
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
        if assignment.gang != nil {
            // One that stopped by itself would leave the others waiting in the next sum.
            division.shouldStop = { [reporter] in reporter.shouldStop }
            control.shouldStop = { [division] in division.isStopAgreed }
            control.begins = division.requireSameStart
            control.isSaving = division.rank == 0
        }
        control.saving = { saveSeconds = $0 }
        guard try Training.run(&steps, work, control) == .finished else { return .released }
        if division.rank == 0 { try finish(steps) }
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

/// The child was asked to end before its first step; there is nothing yet to be saved.
public struct Stopped: Error {}

extension Gang {
    /// Takes its place among the other ranks; the workers watch them, so waiting has its end there.
    fileprivate convenience init(_ place: GangPlace) throws {
        try self.init(
            rank: place.rank,
            size: place.size,
            host: place.host,
            port: place.port,
            own: place.own,
            token: place.token,
            seconds: 600
        )
    }
}
