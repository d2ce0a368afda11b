import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Store
import Testing

/// A real store, damaged by hand.
@Suite(.timeLimit(.minutes(2)))
final class StoreAuditTests {
    private let connection: Connection
    private let store: ArtifactStore
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let manifest: Digest
    private let file: Digest

    init() throws {
        connection = try Connection(PrivatePostgres.testDatabase())
        store = try ArtifactStore(url: folder.absoluteString)
        var made = Manifest(format: "palimpsest.dataset.v1")
        try store.add("data", Data("the data".utf8), to: &made)
        manifest = try store.put(made)
        file = Digest(of: Data("the data".utf8))
        let output = JobOutput(
            name: "data",
            kind: "dataset",
            content: manifest,
            bytes: 8,
            info: .object([:])
        )
        try Ledger(connection).register(output, from: "test", name: "data")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// As of two days from now, when all that lies there is old.
    private func report(days: Double = 2) throws -> StoreAudit.Report {
        try StoreAudit(connection, store).report(now: Date() + days * 86_400)
    }

    private func kinds() throws -> [StoreFinding.Kind] { try report().findings.map(\.kind) }

    private var place: URL { store.path(of: file) }

    @Test func `a whole store agrees with its ledger`() throws {
        let report = try report()
        #expect(report.findings == [] && report.blobs == 2 && report.garbage == [])
        #expect(report.bytes > 8)
    }

    @Test func `a blob that is gone is named with its owner`() throws {
        try FileManager.default.removeItem(at: place)
        let found = try report().findings
        #expect(found.map(\.kind) == [.missing])
        #expect(found[0].place == file.hex && found[0].owner?.hasPrefix("dataset ") == true)
    }

    @Test func `a blob with other bytes is named with its owner`() throws {
        try Data("the dada".utf8).write(to: place)
        let found = try report().findings
        #expect(found.map(\.kind) == [.damaged])
        #expect(found[0].place == file.hex && found[0].owner?.hasPrefix("dataset ") == true)
    }

    /// What hides other bytes behind something that is no file of the store.
    @Test func `links, folders and pipes are no blobs`() throws {
        let elsewhere = folder.appending(path: "elsewhere")
        for make in [
            {
                try FileManager.default.createSymbolicLink(
                    at: self.place,
                    withDestinationURL: elsewhere
                )
            },
            {
                try FileManager.default.createDirectory(
                    at: self.place,
                    withIntermediateDirectories: false
                )
            },
            { #expect(mkfifo(self.place.path, 0o600) == 0) },
        ] {
            try Data("the dada".utf8).write(to: elsewhere)
            try FileManager.default.removeItem(at: place)
            try make()
            #expect(try kinds() == [.missing, .stranger])
        }
    }

    @Test func `a folder that is a link is not looked into`() throws {
        let own = place.deletingLastPathComponent()
        let aside = folder.appending(path: "aside")
        try FileManager.default.moveItem(at: own, to: aside)
        try FileManager.default.createSymbolicLink(at: own, withDestinationURL: aside)
        #expect(try kinds().contains(.stranger) && kinds().contains(.missing))
        let blobs = folder.appending(path: "blobs")
        let other = folder.appending(path: "other")
        try FileManager.default.moveItem(at: blobs, to: other)
        try FileManager.default.createSymbolicLink(at: blobs, withDestinationURL: other)
        #expect(try kinds().contains(.stranger) && kinds().contains(.unreadable))
    }

    @Test func `what the store did not put there is named`() throws {
        let blobs = folder.appending(path: "blobs")
        let wrong = blobs.appending(path: "zz")
        try FileManager.default.createDirectory(at: wrong, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: blobs.appending(path: "junk.txt"))
        let own = place.deletingLastPathComponent()
        try Data("x".utf8).write(to: own.appending(path: file.hex.uppercased()))
        try Data("x".utf8).write(to: own.appending(path: "5" + file.hex.dropFirst()))
        let found = try report().findings
        #expect(found.map(\.kind) == [.stranger, .stranger, .stranger, .stranger])
        #expect(found.contains { $0.reason == "it belongs into another folder" })
    }

    @Test func `blobs that nobody counts on are garbage, when they are old`() throws {
        let stranger = try store.put(Data("stranger".utf8))
        try Data("half".utf8).write(to: folder.appending(path: "partial/half"))
        #expect(try kinds() == [.leftover])
        #expect(try report().garbage == [stranger])
        #expect(try report(days: 0).garbage == [])
    }

    /// Its files may be what is left of it.
    @Test func `without a manifest nothing is garbage`() throws {
        _ = try store.put(Data("stranger".utf8))
        for damage in [
            { try FileManager.default.removeItem(at: self.store.path(of: self.manifest)) },
            { try Data("{}".utf8).write(to: self.store.path(of: self.manifest)) },
        ] {
            try damage()
            let found = try report()
            #expect(found.garbage == [])
            #expect(found.findings.filter { $0.kind == .unknown }.count == 2)
            #expect(found.findings.contains { $0.remedy.contains("may belong to dataset") })
        }
    }

    @Test func `what says that it is deleted and is there is named`() throws {
        try connection.query("SELECT lineage.deploy('data', 'store', 'blob_deleted')")
        #expect(try kinds() == [.undeleted, .undeleted])
        try FileManager.default.removeItem(at: place)
        try FileManager.default.removeItem(at: store.path(of: manifest))
        #expect(try kinds() == [])
    }

    @Test func `an audit makes and removes nothing`() throws {
        let none = folder.appending(path: "none")
        #expect(throws: StoreError.self) { try ArtifactStore(existing: none.absoluteString) }
        #expect(!FileManager.default.fileExists(atPath: none.path))
        let half = folder.appending(path: "partial/half")
        try Data("half".utf8).write(to: half)
        try FileManager.default.setAttributes(
            [.modificationDate: Date.distantPast],
            ofItemAtPath: half.path
        )
        let existing = try ArtifactStore(existing: folder.absoluteString)
        _ = try StoreAudit(connection, existing).report()
        #expect(FileManager.default.fileExists(atPath: half.path))
    }
}
