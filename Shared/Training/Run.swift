public import Checkpoints
import Foundation
public import Jobs
public import Store

/// What a run needs of the world around it.
public struct RunControl {
    public var store: ArtifactStore
    /// Where earlier attempts left off, newest first.
    public var snapshots: [SnapshotReference]
    /// Told the steps done and the latest numbers, about twice a second.
    public var report: (_ step: Int, _ values: [String: Double]) -> Void
    /// Told of each snapshot once it is in the store.
    public var saved: (_ snapshot: SnapshotReference, _ bytes: Int) -> Void
    /// Told how many seconds that took, before.
    public var saving: (_ seconds: Double) -> Void = { _ in }
    /// Told the step at which the run begins; may refuse it.
    public var begins: (_ step: Int) throws -> Void = { _ in }
    /// Whether snapshots are saved; of the ranks of a gang one does it for all.
    public var isSaving = true
    /// Told of a snapshot that cannot be read, why, and the step at which the run begins instead.
    public var damaged: (_ snapshot: SnapshotReference, _ reason: String, _ resumed: Int) -> Void
    /// Whether the run should save its state and end.
    public var shouldStop: () -> Bool

    public init(
        store: ArtifactStore,
        snapshots: [SnapshotReference] = [],
        report: @escaping (Int, [String: Double]) -> Void = { _, _ in },
        saved: @escaping (SnapshotReference, Int) -> Void = { _, _ in },
        damaged: @escaping (SnapshotReference, String, Int) -> Void = { _, _, _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) {
        (self.store, self.snapshots, self.report) = (store, snapshots, report)
        (self.saved, self.damaged, self.shouldStop) = (saved, damaged, shouldStop)
    }

    /// The newest snapshot that can be read; those that cannot are told of.
    func newestSnapshot() -> Snapshot? {
        var broken: [(SnapshotReference, String)] = []
        var found: Snapshot?
        for reference in snapshots {
            do {
                found = try Snapshot(reference, in: store)
                break
            } catch {
                broken.append((reference, "\(error)"))
            }
        }
        for (reference, reason) in broken { damaged(reference, reason, found?.step ?? 0) }
        return found
    }
}

/// How a run ended.
public enum RunEnding: Sendable {
    /// All steps are done.
    case finished
    /// It was asked to stop, and saved its state.
    case released
}

/// A computation in steps whose whole state can be saved.
public protocol Steps {
    /// Does step `index`, counted from 0, drawing only from (seed, index).
    ///
    /// - Returns: numbers for the curve, among them `loss` where there is one.
    mutating func step(_ index: Int) throws -> [String: Double]
    /// The state after `done` steps.
    func snapshot(after done: Int) -> Snapshot
    mutating func restore(_ snapshot: Snapshot) throws
}

/// Runs the steps that `work` asks for, from the last snapshot on.
///
/// - Throws: `JobFailure` of class `diverged` where the loss is not finite; the last snapshot,
///   from before, is kept.
public func run(
    _ steps: inout some Steps,
    _ work: WorkSpec,
    _ control: RunControl
) throws -> RunEnding {
    var done = 0
    if let snapshot = control.newestSnapshot() {
        try steps.restore(snapshot)
        done = snapshot.step
    }
    try control.begins(done)
    var (lastSave, lastReport) = (ContinuousClock.now, ContinuousClock.now - .seconds(1))
    while done < work.steps {
        let values = try steps.step(done)
        done += 1
        if let loss = values["loss"], !loss.isFinite {
            throw JobFailure(.diverged, "the loss of step \(done) is \(loss)")
        }
        if ContinuousClock.now - lastReport > .milliseconds(500) || done == work.steps {
            lastReport = .now
            control.report(done, values)
        }
        let stop = control.shouldStop() && done < work.steps
        let due = work.snapshotEverySteps > 0 && done.isMultiple(of: work.snapshotEverySteps)
        let overdue = ContinuousClock.now - lastSave > .seconds(work.snapshotEverySeconds)
        if control.isSaving, stop || (done < work.steps && (due || overdue)) {
            let start = ContinuousClock.now
            let (reference, bytes) = try steps.snapshot(after: done).save(in: control.store)
            control.saving((ContinuousClock.now - start) / .seconds(1))
            control.saved(reference, bytes)
            lastSave = .now
        }
        if stop { return .released }
    }
    return .finished
}
