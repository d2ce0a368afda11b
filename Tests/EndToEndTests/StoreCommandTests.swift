import Foundation
import Jobs
import Lifecycle
import Records
import Store
import TestSupport
import Testing

/// What keeps the store and the ledger together, as it is called.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StoreCommandTests {
    @Test func `a store that is not there is named, and not made`() throws {
        let stack = try TestStack(workers: [])
        let none = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let environment = stack.environment.merging(["PALIMPSEST_STORE": none.absoluteString]) {
            $1
        }
        for command in ["lineage audit", "store collect", "export tiny out"] {
            let (text, status) = try Programs.shell("palimpsest " + command, environment)
            #expect(status == 64, "\(text)")
            #expect(text.contains("PALIMPSEST_STORE") && text.contains(none.path), "\(text)")
        }
        #expect(!FileManager.default.fileExists(atPath: none.path))
    }

    @Test func `what was read is said, and what nothing counts on`() throws {
        let stack = try TestStack(workers: [])
        let whole = try stack.palimpsest("lineage", "audit")
        let blobs = try stack.store.listing().blobs.values
        let read = "\(blobs.count) blobs of \(blobs.reduce(0) { $0 + $1.bytes }) bytes, read\n"
        #expect(whole.status == 0)
        #expect(whole.text == read + "the store and the ledger agree\n", "\(whole.text)")
        let waste = try stack.store.put(Data("waste".utf8))
        let young = try stack.palimpsest("lineage", "audit")
        #expect(young.status == 0 && young.text.contains("1 of them, younger than a day"))
        try age(waste, stack.store)
        let old = try stack.palimpsest("lineage", "audit")
        #expect(old.status == 0 && old.text.contains("garbage: 1 of them, 5 bytes"), "\(old.text)")
        let json = try JSON(parsing: Data(stack.palimpsest("lineage", "audit", "--json").text.utf8))
        #expect(json["garbage"] == .array([.string(waste.hex)]) && json["findings"] == .array([]))
        let dry = try stack.palimpsest("store", "collect", "--dry-run")
        #expect(dry.text.contains(waste.hex) && stack.store.contains(waste))
        let gone = try stack.palimpsest("store", "collect")
        #expect(gone.text.hasPrefix("removed 1 blobs"), "\(gone.text)")
        #expect(try stack.palimpsest("lineage", "audit").text == whole.text)
    }

    /// As a user whom the file system refuses something; the rest is found all the same.
    @Test func `what cannot be read is a finding among the others`() throws {
        let stack = try TestStack(workers: [])
        let manifest = try stack.ledger.resolve("tiny").content
        let files = try stack.store.files(ofManifest: manifest)
        let hidden = try #require(files.first { $0.hex.prefix(2) != manifest.hex.prefix(2) })
        let path = stack.store.path(of: hidden).path
        let junk = try #require(URL(string: stack.store.url)).appending(path: "blobs/junk.txt")
        try Data().write(to: junk)
        #expect(chmod(path, 0) == 0)
        let file = try asNobody("palimpsest lineage audit", stack)
        #expect(file.status == 1, "\(file.text)")
        #expect(
            file.text.contains("unreadable  blobs/\(hidden.hex.prefix(2))/\(hidden) of dataset")
        )
        #expect(file.text.contains(": permission denied; mend"), "\(file.text)")
        #expect(file.text.contains("stranger  blobs/junk.txt"))
        #expect(file.text.contains("\n1 unreadable, 1 stranger\n"), "\(file.text)")
        #expect(chmod(URL(filePath: path).deletingLastPathComponent().path, 0) == 0)
        let folder = try asNobody("palimpsest lineage audit", stack)
        #expect(folder.status == 1 && !folder.text.contains("missing"), "\(folder.text)")
        #expect(
            folder.text.contains("unreadable  blobs/\(hidden.hex.prefix(2)): permission denied")
        )
        #expect(chmod(URL(filePath: path).deletingLastPathComponent().path, 0o444) == 0)
        let names = try asNobody("palimpsest lineage audit", stack)
        #expect(names.status == 1 && !names.text.contains("missing"), "\(names.text)")
        #expect(chmod(URL(filePath: path).deletingLastPathComponent().path, 0o755) == 0)
        #expect(chmod(path, 0o644) == 0)
    }

    /// Killed wherever it is, it has taken nothing that counts, and the next goes on.
    @Test func `a collection that is killed can be run again`() throws {
        let stack = try TestStack(workers: [])
        for number in 0..<3_000 {
            let waste = try stack.store.put(Data("waste \(number)".utf8))
            try age(waste, stack.store)
        }
        let kept = try stack.store.listing().blobs.count - 3_000
        let collecting = Process()
        collecting.executableURL = Programs.folder.appending(path: "palimpsest")
        (collecting.arguments, collecting.environment) = (["store", "collect"], stack.environment)
        try collecting.run()
        try stack.wait { try stack.store.listing().blobs.count < kept + 3_000 ? true : nil }
        kill(collecting.processIdentifier, SIGKILL)
        collecting.waitUntilExit()
        let left = try stack.store.listing().blobs.count - kept
        #expect(left > 0, "it was not killed in the middle")
        #expect(try stack.palimpsest("lineage", "audit").status == 0)
        let rest = try stack.palimpsest("store", "collect")
        #expect(rest.text.hasPrefix("removed \(left) blobs"), "\(rest.text)")
        #expect(try stack.store.listing().blobs.count == kept)
        #expect(try stack.palimpsest("lineage", "audit").status == 0)
    }

    private func age(_ blob: Digest, _ store: ArtifactStore) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date() - 2 * 86_400],
            ofItemAtPath: store.path(of: blob).path
        )
    }

    /// Runs a command as somebody whom rights bind, also where we are root; then as the server's user,
    /// to whom its socket belongs.
    private func asNobody(_ command: String, _ stack: TestStack) throws -> Programs.Answer {
        let user = "setpriv --reuid=postgres --regid=postgres --init-groups "
        let words = (geteuid() == 0 ? user : "") + command
        return try Programs.shell("cd /; " + words, stack.environment)
    }
}
