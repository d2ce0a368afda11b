import Foundation
import Jobs
import Lifecycle
import Postgres
import Records
import Store
import TestSupport
import Testing

/// Disks, bytes and names that are not as they should be.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct StoreFaults {
    /// A limit on files as a quota makes one: the first snapshot does not fit. Full and read-only disks
    /// are mounted by StoreTests and EndToEndTests.
    @Test func `fault 38: a snapshot over the quota fails the attempt as resource`() throws {
        let stack = try FaultStack()
        let worker = Process()
        worker.executableURL = URL(filePath: "/bin/sh")
        let program = Programs.folder.appending(path: "training-worker").path
        worker.arguments = ["-c", "ulimit -f 100; exec '\(program)'"]
        worker.environment = stack.environment
        (worker.standardInput, worker.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice
        )
        try worker.start()
        defer {
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        let id = try stack.publish(steps: 40)
        let status = try stack.wait(30) {
            try stack.queue.status(of: id).flatMap { $0.failure == nil ? nil : $0 }
        }
        #expect(status.failure?.reason == .resource, "\(status.failure?.description ?? "")")
        #expect(status.failure?.message.contains("larger than a file may be here") == true)
        #expect(["retry_wait", "failed"].contains(status.state) && status.errors == 1)
        let partial = try #require(URL(string: stack.store.url)).appending(path: "partial").path
        #expect(try FileManager.default.contentsOfDirectory(atPath: partial).isEmpty)
    }

    @Test func `fault 41: an input that is not what its digest says fails the job for good`() throws
    {
        let stack = try FaultStack()
        let images = try FileManager.default.subpathsOfDirectory(
            atPath: #require(URL(string: stack.store.url)).path
        )
        let root = try #require(URL(string: stack.store.url))
        let files = images.map { root.appending(path: $0) }.filter { !$0.hasDirectoryPath }
        let largest = try #require(
            try files.max {
                try size($0) < size($1)
            }
        )
        var data = try Data(contentsOf: largest)
        data[data.count / 2] ^= 1
        try data.write(to: largest)
        try stack.start()
        let status = try stack.finish(stack.publish(steps: 5))
        #expect(status.state == "failed" && status.attempt == 1)
        #expect(status.failure?.reason == .permanent)
        let message = status.failure?.message ?? ""
        #expect(message.contains("is damaged") && message.contains("restore it from a copy"))
    }

    private func size(_ file: URL) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }

    @Test(arguments: [
        "../evil", "a/b", "/etc/passwd", "", ".", "a\u{0}b", "e\u{301}", "a b", "a\nb",
    ])
    func `fault 50: an output cannot be named like a path`(name: String) throws {
        let desk = try FaultDesk()
        let id = try desk.add()
        let job = try #require(try desk.claim())
        #expect(throws: JobFailure.self) {
            try desk.queue.complete(job, outputs: [FaultDesk.output(name)])
        }
        #expect(try desk.number("SELECT count(*) FROM lineage.artifact WHERE run IS NOT NULL") == 0)
        #expect(try desk.state(id) == "running")
    }

    /// Only ASCII is a name, so there are no twins by normalisation; by case there are, as two names.
    @Test func `fault 50: names that differ by case are two outputs, and none is a file's name`()
        throws
    {
        let desk = try FaultDesk()
        _ = try desk.add()
        let job = try #require(try desk.claim())
        let made = try desk.queue.complete(
            job,
            outputs: [
                FaultDesk.output("Model", "one"), FaultDesk.output("model", kind: "report", "two"),
            ]
        )
        #expect(Set(made.keys) == ["Model", "model"] && Set(made.values).count == 2)
    }

    /// A link in the place of a blob leads nowhere: what it shows must have the blob's digest.
    @Test func `fault 50: a link in the store shows nothing but the blob's own bytes`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try ArtifactStore(url: folder.appending(path: "store").absoluteString)
        let digest = try store.put(Data("blob".utf8))
        let secret = folder.appending(path: "secret")
        try Data("secret".utf8).write(to: secret)
        let place = store.path(of: digest)
        try FileManager.default.removeItem(at: place)
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: secret)
        let error = #expect(throws: StoreError.self) { try store.read(digest) }
        #expect(error?.failureClass == .permanent)
        #expect(error?.description.contains("secret") == false)
        // Written again, the blob takes the link's place and the file behind it stays.
        #expect(try store.put(Data("blob".utf8)) == digest)
        #expect(try store.read(digest) == Data("blob".utf8))
        #expect(try Data(contentsOf: secret) == Data("secret".utf8))
    }
}
