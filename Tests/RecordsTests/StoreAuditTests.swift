import Foundation
import Jobs
import LocalStack
import Postgres
import Records
import Store
import Testing

/// A real store, damaged by hand.
@Suite(.timeLimit(.minutes(2)))
struct StoreAuditTests {
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

    private func findings() throws -> [StoreAudit.Finding] {
        defer { try? FileManager.default.removeItem(at: folder) }
        return try StoreAudit(connection, store).findings()
    }

    @Test func `a whole store agrees with its ledger`() throws {
        #expect(try findings() == [])
    }

    @Test func `a blob that is gone is named with its owner`() throws {
        try FileManager.default.removeItem(at: store.path(of: file))
        let found = try findings()
        #expect(found.map(\.kind) == [.missing])
        #expect(found[0].place == file.hex && found[0].owner?.hasPrefix("dataset ") == true)
    }

    @Test func `a blob with other bytes is named with its owner`() throws {
        try Data("the dada".utf8).write(to: store.path(of: file))
        let found = try findings()
        #expect(found.map(\.kind) == [.damaged])
        #expect(found[0].place == file.hex && found[0].owner?.hasPrefix("dataset ") == true)
    }

    @Test func `blobs that nobody counts on and unfinished writes are named`() throws {
        let stranger = try store.put(Data("stranger".utf8))
        try Data("half".utf8).write(to: folder.appending(path: "partial/half"))
        let found = try findings()
        #expect(found.map(\.kind) == [.unknown, .leftover])
        #expect(found[0].place == stranger.hex && found[0].owner == nil)
        #expect(found.allSatisfy { $0.description.contains("delete the file") })
    }

    @Test func `an artifact whose manifest is gone is missing as a whole`() throws {
        try FileManager.default.removeItem(at: store.path(of: manifest))
        let found = try findings()
        #expect(found.map(\.kind) == [.missing, .unknown])
        #expect(found[0].place == manifest.hex && found[1].place == file.hex)
    }
}
