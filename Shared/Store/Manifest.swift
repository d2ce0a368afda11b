public import Foundation
public import Jobs

/// The files of one artifact. Stored as canonical JSON, its digest is the artifact's content
/// digest.
public struct Manifest: Codable, Equatable, Sendable {
    public struct File: Codable, Equatable, Sendable {
        public var digest: Digest
        public var bytes: Int
    }

    /// Such as `palimpsest.checkpoint.v1`.
    public var format: String
    public var files: [String: File]
    public var info: JSON

    public init(format: String, files: [String: File] = [:], info: JSON = .object([:])) {
        self.format = format
        self.files = files
        self.info = info
    }

    /// The bytes of all files together.
    public var bytes: Int { files.values.reduce(0) { $0 + $1.bytes } }
}

extension ArtifactStore {
    /// Stores the manifest itself, whose files must be in the store already.
    public func put(_ manifest: Manifest) throws -> Digest {
        try put(JSON(encoding: manifest).canonical)
    }

    /// Reads the manifest `digest` and requires its format, where one is given.
    ///
    /// - Throws: `StoreError` where the blob is missing, damaged or of another format, or a file's name
    ///   leads out of the folder that it would be written into.
    public func manifest(_ digest: Digest, format: String? = nil) throws -> Manifest {
        let data = try read(digest)
        guard let json = try? JSON(parsing: data), let manifest = try? json.decode(Manifest.self)
        else { throw StoreError(description: "\(digest) is not an artifact's manifest") }
        if let format, manifest.format != format {
            throw StoreError(description: "\(digest) is a \(manifest.format), not a \(format)")
        }
        if let name = manifest.files.keys.sorted().first(where: { !isFileName($0) }) {
            throw StoreError(
                description:
                    "the manifest \(digest) has a file named '\(name)'; a name must not be "
                    + "empty, '.' or '..', nor have a '/' or a NUL"
            )
        }
        return manifest
    }

    /// Stores `data` as the manifest's file `name`.
    public func add(_ name: String, _ data: Data, to manifest: inout Manifest) throws {
        manifest.files[name] = .init(digest: try put(data), bytes: data.count)
    }

    /// Stores the file that `write` makes as the manifest's file `name`.
    public func add(
        _ name: String,
        to manifest: inout Manifest,
        writing write: (URL) throws -> Void
    ) throws {
        let (digest, bytes) = try put(writing: write)
        manifest.files[name] = .init(digest: digest, bytes: bytes)
    }

    /// The bytes of the manifest's file `name`.
    public func read(_ name: String, of manifest: Manifest) throws -> Data {
        guard let file = manifest.files[name] else {
            throw StoreError(description: "the \(manifest.format) has no file '\(name)'")
        }
        return try read(file.digest)
    }
}

/// Whether `name` names a file in the folder that it is written into, and nowhere else.
private func isFileName(_ name: String) -> Bool {
    !["", ".", ".."].contains(name) && !name.utf8.contains { $0 == 0x2F || $0 == 0 }
}
