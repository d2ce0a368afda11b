import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Store
import Testing

/// Which blobs may go, and that no other does.
@Suite(.timeLimit(.minutes(2)))
final class CollectionTests {
    private let desk: Desk
    private let store: ArtifactStore
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let later = Date() + 2 * 86_400

    init() throws {
        desk = try Desk()
        store = try ArtifactStore(url: folder.absoluteString)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func garbage() throws -> [Digest] {
        try StoreAudit(desk.connection, store).report(now: later).garbage
    }

    /// A job with one snapshot.
    private func job(_ name: String) throws -> (ClaimedJob, Digest) {
        try desk.submit(Desk.request(.train, name: name))
        let job = try desk.claim()
        let content = try store.put(Data(name.utf8))
        let place = SnapshotReference(step: 1, content: content)
        try desk.queue.snapshot(job.claim, place, bytes: 1)
        return (job, content)
    }

    /// All that came after the copy would be garbage to it.
    @Test func `nothing is removed with a ledger that is older than the store`() throws {
        try forgetShapes()
        let blob = try store.put(Data("newer".utf8))
        let epochs = folder.appending(path: "epochs", directoryHint: .isDirectory)
        try LogSealer(desk.connection, key: SigningKey(), folder: epochs).seal()
        let next = EpochStatement.fileName(2)
        let first = epochs.appending(path: EpochStatement.fileName(1))
        try FileManager.default.copyItem(at: first, to: epochs.appending(path: next))
        let audit = StoreAudit(desk.connection, store)
        let error = #expect(throws: StoreError.self) { try audit.collect(now: later) }
        #expect(error?.description.contains("\(next), which this ledger does not have") == true)
        #expect(try audit.report(now: later).findings.map(\.kind) == [.epoch])
        try FileManager.default.removeItem(at: epochs.appending(path: next))
        #expect(try audit.collect(now: later).blobs == 1 && !store.contains(blob))
    }

    /// Shapes have no blob in this store, so their manifest counts as missing.
    private func forgetShapes() throws {
        try desk.connection.query("SELECT lineage.deploy('shapes', 'store', 'blob_deleted')")
    }

    @Test func `a snapshot counts until its job is over`() throws {
        try forgetShapes()
        let (running, kept) = try job("running")
        #expect(try garbage() == [])
        try desk.queue.release(running.claim)
        #expect(try garbage() == [], "it is queued again")
        let second = try desk.claim()
        try desk.queue.fail(second.claim, JobFailure(.transient, "disk"))
        #expect(try garbage() == [] && desk.state(second.claim.job) == "retry_wait")
        try desk.connection.query("UPDATE queue.job SET not_before = '-infinity', due = true")
        let again = try desk.claim()
        _ = try desk.queue.cancel(again.claim.job)
        #expect(try garbage() == [] && desk.state(again.claim.job) == "cancelling")
        try desk.queue.cancelled(again.claim)
        #expect(try garbage() == [kept])
        let (failing, lost) = try job("failing")
        try desk.queue.fail(failing.claim, JobFailure(.permanent, "no"))
        #expect(try Set(garbage()) == [kept, lost])
        let (done, last) = try job("done")
        let made = try store.put(Data("made".utf8))
        try desk.queue.complete(done, outputs: [Desk.output(content: "made")])
        #expect(try Set(garbage()) == [kept, lost, last] && store.contains(made))
    }

    /// One that is damaged or led to no number is passed over; the job goes on from another.
    @Test func `a snapshot at which nobody shall begin does not count`() throws {
        try forgetShapes()
        let (running, passed) = try job("running")
        let place = SnapshotReference(step: 1, content: passed)
        try desk.queue.discard(running.claim, place, because: "damaged", resumed: 0)
        try Data("damaged".utf8).write(to: store.path(of: passed))
        let report = try StoreAudit(desk.connection, store).report(now: later)
        #expect(report.garbage == [passed] && report.doubt == nil)
    }

    @Test func `what is young stays, and what is old goes`() throws {
        let blob = try store.put(Data("old".utf8))
        #expect(try store.collect(blob, now: Date()) == nil)
        #expect(try store.collect(blob, now: later) == 3)
        #expect(!store.contains(blob))
        #expect(try store.collect(blob, now: later) == nil)
    }

    /// Rows that came after the question are of what was young when it was asked.
    @Test func `what grew old since the rows were asked stays`() throws {
        let blob = try store.put(Data("old".utf8))
        let asked = Date()
        try age(blob, asked - ArtifactStore.grace + 60)
        #expect(try store.collect(blob, now: asked) == nil)
        #expect(try store.collect(blob, now: asked + 61) == 3)
    }

    /// Whoever stores the same bytes again counts on them from then on.
    @Test func `what is stored again is young`() throws {
        let blob = try store.put(Data("old".utf8))
        try age(blob, Date() - 2 * 86_400)
        _ = try store.put(Data("old".utf8))
        #expect(try store.collect(blob, now: Date()) == nil && store.contains(blob))
    }

    /// Writers of the same bytes beside a collector never end without them, not for a moment.
    @Test func `a writer that races the collector keeps its bytes`() throws {
        let data = Data("raced".utf8)
        let store = store
        for _ in 0..<300 {
            let blob = try store.put(data)
            try age(blob, Date() - 2 * 86_400)
            DispatchQueue.concurrentPerform(iterations: 2) { turn in
                if turn == 1 {
                    _ = try? store.collect(blob, now: Date())
                } else if (try? store.put(data)) == blob {
                    for _ in 0..<20 { #expect(store.contains(blob)) }
                }
            }
        }
    }

    private func age(_ blob: Digest, _ date: Date) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: date],
            ofItemAtPath: store.path(of: blob).path
        )
    }
}
