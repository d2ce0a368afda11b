import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Store
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct SealingTests {
    /// Nobody asks for it: a worker that has a key signs what is new, keeps the file, tells of it, and
    /// writes again a file that is gone.
    @Test func `a running worker seals the log by itself`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, file) = (SigningKey(), folder.appending(path: "key.pem"))
        try key.write(to: file)
        let stack = try TestStack(workers: [.train], signingKey: file)
        let kept = try #require(URL(string: stack.store.url)).appending(path: "epochs")
        let first = kept.appending(path: EpochStatement.fileName(1))
        let data = try stack.wait { try? Data(contentsOf: first) }
        let envelope = try SignedEnvelope(file: first)
        try envelope.check(key.verifying)
        let epoch = try EpochStatement(reading: envelope.payload)
        #expect(epoch.epoch == 1 && epoch.heads["data"] != nil)
        let log = try stack.wait { () -> String? in
            let text = try stack.logged(.train)
            return text.contains(epoch.root.hex) ? text : nil
        }
        #expect(log.contains("sealed an epoch of the log"))
        try FileManager.default.removeItem(at: first)
        #expect(try stack.wait { try? Data(contentsOf: first) } == data)
        #expect(try stack.logged(.train).contains("wrote an epoch's file again"))
        let report = try LogVerifier(stack.database, keys: [key.verifying]).verify(epochs: [first])
        #expect(report.findings == [] && report.epochs == 1 && report.sealed == report.entries)
    }
}
