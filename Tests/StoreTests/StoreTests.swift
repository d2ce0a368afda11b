import Foundation
import Jobs
import Store
import Testing

/// A folder of its own, gone with the test.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

struct StoreTests {
    @Test func `what is put under its digest is got back`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            for text in ["", "one", String(repeating: "long", count: 100_000)] {
                let data = Data(text.utf8)
                let digest = try store.put(data)
                #expect(digest == Digest(of: data))
                #expect(try store.read(digest) == data)
                #expect(try store.put(data) == digest)
            }
            let place = "blobs/76/7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
            let path = folder.appending(path: place).path
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a file is stored like the same bytes`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            let (digest, bytes) = try store.put { try Data("one".utf8).write(to: $0) }
            #expect(digest == Digest(of: Data("one".utf8)) && bytes == 3)
            #expect(try partials(folder).isEmpty)
        }
    }

    @Test func `a missing blob is named with what to do`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            let digest = Digest(of: Data("never put".utf8))
            let error = #expect(throws: StoreError.self) { try store.read(digest) }
            #expect(error?.failureClass == .permanent)
            #expect(
                error?.description
                    == "\(digest) is not in the store \(folder.absoluteString); import it, "
                    + "or run the job that makes it"
            )
        }
    }

    @Test func `a damaged blob is refused, and healed by putting it again`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            let digest = try store.put(Data("one".utf8))
            try Data("oNe".utf8).write(to: store.path(of: digest))
            let error = #expect(throws: StoreError.self) { try store.read(digest) }
            #expect(error?.failureClass == .permanent)
            for part in ["is damaged", digest.hex, Digest(of: Data("oNe".utf8)).hex] {
                #expect(error?.description.contains(part) == true)
            }
            #expect(try store.put(Data("one".utf8)) == digest)
            #expect(try store.read(digest) == Data("one".utf8))
        }
    }

    /// A writer that is killed leaves a file in `partial`; one of yesterday is removed.
    @Test func `half-written files are no blobs and do not stay for ever`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            let digest = Digest(of: Data("half".utf8))
            for name in [digest.hex, "fresh"] {
                try Data("ha".utf8).write(to: folder.appending(path: "partial/\(name)"))
            }
            let old = folder.appending(path: "partial/\(digest.hex)").path
            let yesterday = Date().addingTimeInterval(-90_000)
            try FileManager.default.setAttributes([.modificationDate: yesterday], ofItemAtPath: old)
            #expect(!store.contains(digest))
            _ = try ArtifactStore(url: folder.absoluteString)
            #expect(try partials(folder) == ["fresh"])
        }
    }

    @Test func `a failed writer leaves nothing behind`() throws {
        try withFolder { folder in
            let store = try ArtifactStore(url: folder.absoluteString)
            #expect(throws: StoreError.self) {
                try store.put { file in
                    try Data("half".utf8).write(to: file)
                    throw POSIXError(.EIO)
                }
            }
            #expect(try partials(folder).isEmpty)
        }
    }

    @Test(arguments: ["", "store", "/a/folder", "s3://bucket/key", "file://relative"])
    func `a URL that is no file URL is refused with its value`(url: String) {
        let error = #expect(throws: StoreError.self) { try ArtifactStore(url: url) }
        #expect(
            error?.description == "the store's URL is '\(url)'; it must be file:///a/folder"
        )
    }

    @Test func `a store where a file stands is refused by path`() throws {
        try withFolder { folder in
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            let error = #expect(throws: StoreError.self) {
                try ArtifactStore(url: file.absoluteString)
            }
            #expect(error?.description.contains("cannot make the folder \(file.path)") == true)
        }
    }
}

private func partials(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "partial").path)
}
