import Foundation
import Jobs
import Postgres
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

    /// Shapes have no blob in this store, so their manifest counts as missing.
    private func forgetShapes() throws {
        try desk.connection.query("SELECT lineage.deploy('shapes', 'store', 'blob_deleted')")
    }

    @Test func `a snapshot counts until its job is over`() throws {
        try forgetShapes()
        let (running, kept) = try job("running")
        #expect(try garbage() == [])
        try desk.queue.fail(running.claim, JobFailure(.transient, "disk"))
        #expect(try garbage() == [], "it waits to be tried again")
        let again = try desk.claim()
        _ = try desk.queue.cancel(again.claim.job)
        #expect(try garbage() == [], "it is being cancelled")
        try desk.queue.cancelled(again.claim)
        #expect(try garbage() == [kept])
        let (failing, lost) = try job("failing")
        try desk.queue.fail(failing.claim, JobFailure(.permanent, "no"))
        #expect(try Set(garbage()) == [kept, lost])
    }

    @Test func `what is young stays, and what is old goes`() throws {
        let blob = try store.put(Data("old".utf8))
        #expect(try !store.collect(blob))
        #expect(try store.collect(blob, now: later))
        #expect(!store.contains(blob))
        #expect(try !store.collect(blob, now: later))
        #expect(store.listing().leftovers == [])
    }

    /// Whoever stores the same bytes again counts on them from then on.
    @Test func `what is stored again is young`() throws {
        let blob = try store.put(Data("old".utf8))
        let old = Date() - 2 * 86_400
        try FileManager.default.setAttributes(
            [.modificationDate: old],
            ofItemAtPath: store.path(of: blob).path
        )
        _ = try store.put(Data("old".utf8))
        #expect(try !store.collect(blob) && store.contains(blob))
    }

    /// Writers of the same bytes beside a collector never end without them.
    @Test func `a writer that races the collector keeps its bytes`() throws {
        let data = Data("raced".utf8)
        let store = store
        for _ in 0..<200 {
            let blob = try store.put(data)
            let old = [FileAttributeKey.modificationDate: Date() - 2 * 86_400]
            try FileManager.default.setAttributes(old, ofItemAtPath: store.path(of: blob).path)
            DispatchQueue.concurrentPerform(iterations: 2) { turn in
                if turn == 0 { _ = try? store.put(data) } else { _ = try? store.collect(blob) }
            }
            #expect(store.contains(blob) && store.listing().leftovers == [])
        }
    }
}
