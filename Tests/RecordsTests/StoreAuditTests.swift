import Foundation
import Jobs
import LocalStack
import Postgres
import Proofs
import Records
import Store
import Testing

/// A real store, damaged by hand.
@Suite(.timeLimit(.minutes(2)))
final class StoreAuditTests {
    private let conninfo: String
    private let connection: Connection
    private let store: ArtifactStore
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private let manifest: Digest
    private let file: Digest

    init() throws {
        conninfo = try PrivatePostgres.testDatabase()
        connection = try Connection(conninfo)
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

    private func path(_ digest: Digest) -> String { "blobs/\(digest.hex.prefix(2))/\(digest)" }

    @Test func `a whole store agrees with its ledger`() throws {
        let report = try report()
        #expect(report.findings == [] && report.blobs == 2 && report.garbage == [])
        #expect(report.bytes > 8)
    }

    @Test func `a blob that is gone is named with its owner`() throws {
        try FileManager.default.removeItem(at: place)
        let found = try report().findings
        #expect(found.map(\.kind) == [.missing])
        #expect(found[0].place == path(file) && found[0].owner?.hasPrefix("dataset ") == true)
    }

    @Test func `a blob with other bytes is named with its owner`() throws {
        try Data("the dada".utf8).write(to: place)
        let found = try report().findings
        #expect(found.map(\.kind) == [.damaged])
        #expect(found[0].place == path(file) && found[0].owner?.hasPrefix("dataset ") == true)
    }

    /// What hides other bytes behind something that is no file of the store.
    @Test func `links, folders and pipes are no blobs`() throws {
        let elsewhere = folder.appending(path: "elsewhere")
        try Data("the dada".utf8).write(to: elsewhere)
        let (files, place) = (FileManager.default, place)
        for make in [
            { try files.createSymbolicLink(at: place, withDestinationURL: elsewhere) },
            { try files.createDirectory(at: place, withIntermediateDirectories: false) },
            { #expect(mkfifo(place.path, 0o600) == 0) },
        ] {
            try files.removeItem(at: place)
            try make()
            #expect(try kinds() == [.missing, .stranger])
            // Nobody waits for a pipe, and nobody takes other bytes.
            #expect(throws: StoreError.self) { try store.read(file) }
        }
        #expect(try store.put(Data("the data".utf8)) == file)
        #expect(try kinds() == [])
    }

    /// The right bytes behind a link are good to read; the store keeps its own all the same.
    @Test func `a link to the right bytes is read, named, and replaced by what is put`() throws {
        let elsewhere = folder.appending(path: "elsewhere")
        try FileManager.default.moveItem(at: place, to: elsewhere)
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: elsewhere)
        #expect(try store.read(file) == Data("the data".utf8))
        #expect(try kinds() == [.missing, .stranger])
        #expect(try store.put(Data("the data".utf8)) == file)
        #expect(try kinds() == [])
    }

    @Test func `a folder that is a link is not looked into`() throws {
        let own = place.deletingLastPathComponent()
        let aside = folder.appending(path: "aside")
        try FileManager.default.moveItem(at: own, to: aside)
        try FileManager.default.createSymbolicLink(at: own, withDestinationURL: aside)
        let found = try report().findings
        #expect(found.map(\.kind) == [.unreadable])
        #expect(found[0].place == "blobs/\(file.hex.prefix(2))")
        #expect(
            found[0].reason?.hasPrefix("it is a link, which is not followed; blobs due") == true
        )
        let blobs = folder.appending(path: "blobs")
        let other = folder.appending(path: "other")
        try FileManager.default.moveItem(at: blobs, to: other)
        try FileManager.default.createSymbolicLink(at: blobs, withDestinationURL: other)
        let all = try report().findings
        #expect(all.map(\.kind) == [.unreadable] && all[0].place == "blobs")
    }

    @Test func `what the store did not put there is named`() throws {
        let blobs = folder.appending(path: "blobs")
        let own = place.deletingLastPathComponent()
        let wrong = "5" + file.hex.dropFirst()
        try FileManager.default.createDirectory(
            at: blobs.appending(path: "zz"),
            withIntermediateDirectories: true
        )
        for name in ["junk.txt", "\(own.lastPathComponent)/\(file.hex.uppercased())"] {
            try Data("x".utf8).write(to: blobs.appending(path: name))
        }
        try Data("x".utf8).write(to: own.appending(path: wrong))
        // A name that is no text.
        let bytes = Array((own.path + "/a").utf8CString.dropLast()) + [-1, 0]
        #expect(close(open(bytes, O_CREAT | O_WRONLY, 0o600)) == 0)
        let found = try report().findings
        #expect(found.map(\.kind) == Array(repeating: .stranger, count: 5))
        let reason = "its name belongs to blobs/\(wrong.prefix(2))/\(wrong)"
        #expect(found.contains { $0.reason == reason })
    }

    @Test func `blobs that nobody counts on are garbage, when they are old`() throws {
        let stranger = try store.put(Data("stranger".utf8))
        try Data("half".utf8).write(to: folder.appending(path: "partial/half"))
        let late = try report()
        #expect(late.findings.map(\.kind) == [.leftover] && late.leftovers.count == 1)
        #expect(late.garbage == [stranger] && late.young == 0)
        let early = try report(days: 0)
        #expect(early.findings == [] && early.garbage == [] && early.young == 1)
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
        let found = try report().findings
        #expect(found.map(\.kind) == [.undeleted, .undeleted])
        #expect(found.allSatisfy { $0.owner?.hasPrefix("dataset ") == true })
        try FileManager.default.removeItem(at: place)
        try FileManager.default.removeItem(at: store.path(of: manifest))
        #expect(try kinds() == [])
    }

    /// The bytes of what was deleted may be those of something that is not.
    @Test func `no deletion is advised of what a lost manifest may name`() throws {
        try connection.query("SELECT lineage.deploy('data', 'store', 'blob_deleted')")
        let lost = JobOutput(
            name: "lost",
            kind: "checkpoint",
            content: Digest(of: Data("lost".utf8)),
            bytes: 1,
            info: .object([:])
        )
        let other = try Ledger(connection).register(lost, from: "test", name: "lost")
        let found = try report()
        #expect(found.findings.map(\.kind) == [.missing, .unknown, .unknown])
        #expect(found.findings.allSatisfy { !$0.description.contains("delete the file") })
        #expect(found.findings[1].remedy.contains("may belong to checkpoint \(other)"))
        #expect(
            found.findings[0].remedy.contains("deploy \(other.hex.prefix(12)) store blob_deleted")
        )
        #expect(throws: StoreError.self) { try StoreAudit(connection, store).collect() }
    }

    @Test func `whoever may read the ledger may audit the store`() throws {
        for role in ["reader", "auditor"] {
            try connection.query("SET ROLE palimpsest_\(role)")
            #expect(try kinds() == [])
            try connection.query("RESET ROLE")
        }
    }

    /// To a tenant what others have would seem to be nobody's.
    @Test func `a tenant may not ask what may be removed`() throws {
        let login = "login_\(UUID().uuidString.prefix(8).lowercased())"
        try connection.execute(
            script: """
                SELECT lineage.add_tenant('a');
                CREATE ROLE \(login) LOGIN IN ROLE palimpsest_tenant;
                SELECT lineage.admit('\(login)', 'a');
                GRANT palimpsest_reader TO \(login);
                """
        )
        let own = conninfo.replacing("user=palimpsest", with: "user=\(login)")
        let audit = StoreAudit(try Connection(own), store)
        let error = #expect(throws: PostgresError.self) { try audit.collect() }
        #expect(error?.sqlState == "42501")
    }

    @Test func `epochs whose files are gone or say otherwise are named`() throws {
        let epochs = folder.appending(path: "epochs", directoryHint: .isDirectory)
        let sealer = LogSealer(connection, key: SigningKey(), folder: epochs)
        for name in ["one", "two", "three", "four"] {
            try connection.query("SELECT lineage.set_gate($1, false)", [.text(name)])
            _ = try #require(try sealer.seal())
        }
        #expect(try report().findings == [])
        for gone in [2, 3] {
            let file = epochs.appending(path: EpochStatement.fileName(gone))
            try FileManager.default.removeItem(at: file)
        }
        let first = epochs.appending(path: EpochStatement.fileName(1))
        let last = epochs.appending(path: EpochStatement.fileName(4))
        try Data(contentsOf: first).write(to: last)
        let found = try report().findings
        #expect(found.map(\.kind) == [.epoch, .epoch])
        #expect(found[0].place == "epochs/epoch-00000004.json")
        #expect(found[0].reason == "it is not the epoch of the database")
        #expect(found[1].place == "epochs/epoch-00000002.json to epoch-00000003.json")
        // What is missing is written again; what says otherwise is left as evidence.
        #expect(try sealer.restoreFiles(all: true).map(\.epoch) == [2, 3])
        #expect(try report().findings.map(\.place) == ["epochs/epoch-00000004.json"])
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
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        let existing = try ArtifactStore(existing: folder.absoluteString)
        #expect(try StoreAudit(connection, existing).report().findings.map(\.kind) == [.leftover])
        let after = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        #expect(before == after)
    }
}
