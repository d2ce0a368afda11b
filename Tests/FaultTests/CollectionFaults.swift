import Foundation
import Jobs
import Lifecycle
import Postgres
import Records
import Store
import TestSupport
import Testing

/// The store collected while a job runs, is killed, and waits.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct CollectionFaults {
    @Test
    func `a job beside a collection goes on from its snapshot, and leaves nothing in the end`()
        throws
    {
        let stack = try FaultStack()
        let worker = try stack.start()
        let id = try stack.publish(steps: 800)
        try stack.working(id)
        for _ in 0..<10 { try collect(stack, id) }
        kill(try stack.child(of: worker), SIGKILL)
        try stack.wait(for: "the loss of the child") {
            try stack.reasons(id).contains { $0 != "accepted" && $0 != "started" } ? true : nil
        }
        for _ in 0..<5 { try collect(stack, id) }
        let status = try stack.finish(id)
        #expect(status.state == "succeeded" && status.losses == 1)
        let resumed = "SELECT resumed_step FROM queue.job_status WHERE job = $1::uuid"
        #expect(try stack.database.query(resumed, [.uuid(id)])[0].int("resumed_step") > 0)
        for blob in try stack.store.listing().blobs.keys { try age(blob, stack.store) }
        let before = try stack.palimpsest("lineage", "audit")
        #expect(before.status == 0 && before.text.contains("garbage: "), "\(before.text)")
        #expect(try stack.palimpsest("store", "collect").status == 0)
        let after = try stack.palimpsest("lineage", "audit")
        #expect(after.status == 0 && !after.text.contains("of them"), "\(after.text)")
    }

    /// What rows count on stays, however old it is; and an audit meanwhile finds nothing.
    private func collect(_ stack: FaultStack, _ id: UUID) throws {
        let rows = try stack.database.query(
            "SELECT encode(content, 'hex') AS content FROM queue.snapshot WHERE job = $1::uuid",
            [.uuid(id)]
        )
        for row in rows {
            let content = try #require(Digest(hex: row.text("content")))
            for blob in try stack.store.files(ofManifest: content) + [content] {
                try age(blob, stack.store)
            }
        }
        let collected = try stack.palimpsest("store", "collect")
        #expect(collected.status == 0, "\(collected.text)")
        let audit = try stack.palimpsest("lineage", "audit")
        #expect(audit.status == 0, "\(audit.text)")
    }

    private func age(_ blob: Digest, _ store: ArtifactStore) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date() - 2 * 86_400],
            ofItemAtPath: store.path(of: blob).path
        )
    }
}
