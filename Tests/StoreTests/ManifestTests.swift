import Foundation
import Jobs
import Store
import Testing

struct ManifestTests {
    private func withStore(_ body: (ArtifactStore) throws -> Void) throws {
        try withFolder { try body(ArtifactStore(url: $0.absoluteString)) }
    }

    @Test func `a manifest and its files are read back`() throws {
        try withStore { store in
            var manifest = Manifest(format: "test.v1", info: .object(["a": .int(1)]))
            try store.add("one", Data("one".utf8), to: &manifest)
            try store.add("two", to: &manifest) { try Data("two!".utf8).write(to: $0) }
            let digest = try store.put(manifest)
            let read = try store.manifest(digest, format: "test.v1")
            #expect(read == manifest && read.bytes == 7)
            #expect(try store.read("two", of: read) == Data("two!".utf8))
        }
    }

    /// The digest is of canonical JSON, so the order in which files were added changes nothing.
    @Test func `the same files and facts have the same digest`() throws {
        try withStore { store in
            let digests = try [["a", "b"], ["b", "a"]].map { names in
                var manifest = Manifest(format: "test.v1")
                for name in names { try store.add(name, Data(name.utf8), to: &manifest) }
                return try store.put(manifest)
            }
            #expect(digests[0] == digests[1])
        }
    }

    @Test func `another format is refused naming both`() throws {
        try withStore { store in
            let digest = try store.put(Manifest(format: "test.v1"))
            let error = #expect(throws: StoreError.self) {
                try store.manifest(digest, format: "other.v1")
            }
            #expect(error?.description == "\(digest) is a test.v1, not a other.v1")
        }
    }

    @Test func `bytes that are no manifest are refused`() throws {
        try withStore { store in
            for text in ["", "{", "[]", #"{"format": 1}"#] {
                let digest = try store.put(Data(text.utf8))
                let error = #expect(throws: StoreError.self) {
                    try store.manifest(digest, format: "test.v1")
                }
                #expect(error?.description == "\(digest) is not an artifact's manifest")
            }
        }
    }

    /// Whoever copies the files out uses their names.
    @Test(arguments: ["", ".", "..", "../escape", "/etc/passwd", "a/b", "a\u{0}"])
    func `a file's name that leads elsewhere is refused by the manifest's digest`(
        name: String
    ) throws {
        try withStore { store in
            var manifest = Manifest(format: "test.v1")
            try store.add("..fine", Data("fine".utf8), to: &manifest)
            #expect(try store.manifest(store.put(manifest)) == manifest)
            try store.add(name, Data("bad".utf8), to: &manifest)
            let digest = try store.put(manifest)
            for format in [nil, "test.v1"] {
                let error = #expect(throws: StoreError.self) {
                    try store.manifest(digest, format: format)
                }
                #expect(error?.description.contains("\(digest) has a file named '\(name)'") == true)
            }
        }
    }

    @Test func `a file that the manifest lacks is named`() throws {
        try withStore { store in
            let error = #expect(throws: StoreError.self) {
                try store.read("weights", of: Manifest(format: "test.v1"))
            }
            #expect(error?.description == "the test.v1 has no file 'weights'")
        }
    }
}
