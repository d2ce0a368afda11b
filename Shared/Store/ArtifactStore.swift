public import Foundation
public import Jobs

/// A folder of blobs, each under its SHA-256: `blobs/ab/abcdef…`.
///
/// A blob is written to a temporary name, synced and renamed, so it is whole or absent. Putting the
/// same bytes twice changes nothing but their age; only a damaged blob is ever overwritten, by what
/// its digest says.
public struct ArtifactStore: Sendable {
    /// `file:///…`
    public let url: String
    let root: URL

    /// Opens the store that is there, to read it.
    ///
    /// - Throws: `StoreError` for a URL that is not `file:///…`, or where no store is.
    public init(existing url: String) throws {
        (self.url, root) = (url, try ArtifactStore.place(url))
        var status = stat()
        guard lstat(root.appending(path: "blobs").path, &status) == 0 else {
            let reason = errno == ENOENT ? "it has no folder blobs" : POSIXError.last.sentence
            throw StoreError(description: "there is no store in \(root.path): \(reason)")
        }
    }

    private static func place(_ url: String) throws -> URL {
        guard let parsed = URL(string: url), parsed.isFileURL, parsed.path.hasPrefix("/") else {
            throw StoreError(
                description: "the store's URL is '\(url)'; it must be file:///a/folder"
            )
        }
        return parsed
    }

    /// Opens the store, making its folders where they are missing.
    ///
    /// - Throws: `StoreError` for a URL that is not `file:///…`, or a folder that cannot be made.
    public init(url: String) throws {
        (self.url, root) = (url, try ArtifactStore.place(url))
        for folder in ["blobs", "partial"] { try makeFolder(root.appending(path: folder)) }
        forgetAbandoned()
    }

    /// Removes what writers that were killed left half-written a day ago or longer.
    private func forgetAbandoned() {
        let files = try? FileManager.default.contentsOfDirectory(
            at: root.appending(path: "partial"),
            includingPropertiesForKeys: [.contentModificationDateKey]
        )
        for file in files ?? [] {
            let values = try? file.resourceValues(forKeys: [.contentModificationDateKey])
            guard let written = values?.contentModificationDate else { continue }
            if Date().timeIntervalSince(written) > ArtifactStore.grace {
                try? FileManager.default.removeItem(at: file)
            }
        }
    }

    /// The place of the blob `digest`, whether or not it is there.
    public func path(of digest: Digest) -> URL {
        root.appending(path: "blobs/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    /// Whether a file is in the blob's place, or a link to one: `read` takes what has its digest,
    /// wherever it lies. A folder or a pipe is no blob, and nobody waits for it.
    public func contains(_ digest: Digest) -> Bool {
        var status = stat()
        return stat(path(of: digest).path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Stores `data`; a damaged blob of the same digest is replaced.
    ///
    /// - Throws: `StoreError`, naming a full disk as such; nothing partial is left behind.
    public func put(_ data: Data) throws -> Digest {
        let digest = Digest(of: data)
        if try !isKept(digest) { _ = try put { try data.write(to: $0) } }
        return digest
    }

    /// Stores the file that `write` makes at the path it is given.
    ///
    /// - Throws: `StoreError`, naming a full disk as such; nothing partial is left behind.
    public func put(writing write: (URL) throws -> Void) throws -> (digest: Digest, bytes: Int) {
        let partial = root.appending(path: "partial/\(UUID().uuidString)")
        do {
            try write(partial)
            let (digest, bytes) = try digestOfFile(partial)
            if try keep(digest) {
                try FileManager.default.removeItem(at: partial)
            } else {
                try publish(partial, as: digest)
            }
            return (digest, bytes)
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw unwritable(error)
        }
    }

    /// - Throws: `StoreError`
    private func isKept(_ digest: Digest) throws -> Bool {
        do { return try keep(digest) } catch { throw unwritable(error) }
    }

    private func unwritable(_ error: any Error) -> StoreError {
        StoreError("cannot write to the store \(url)", error)
    }

    /// Makes a blob that is there and undamaged young again, so that it is not collected before a row
    /// counts on it; false where it has to be written, as where a link is in its place.
    private func keep(_ digest: Digest) throws -> Bool {
        let place = path(of: digest)
        var status = stat()
        guard lstat(place.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            (try? digestOfFile(place).digest) == digest
        else { return false }
        // Where nothing can be written nothing is collected.
        return try withLock { utimes(place.path, nil) == 0 || errno == EROFS }
    }

    /// The blob's bytes, mapped, after checking that they are what the digest says.
    ///
    /// - Throws: `StoreError` where the blob is missing or damaged.
    public func read(_ digest: Digest) throws -> Data {
        guard contains(digest) else {
            throw StoreError(
                description: "\(digest) is not in the store \(url); "
                    + "import it, or run the job that makes it"
            )
        }
        let data = try Data(contentsOf: path(of: digest), options: .alwaysMapped)
        let found = Digest(of: data)
        guard found == digest else {
            throw StoreError(
                description: "the blob \(path(of: digest).path) is damaged: its bytes have digest "
                    + "\(found), not \(digest); restore it from a copy or run its job again"
            )
        }
        return data
    }

    private func publish(_ partial: URL, as digest: Digest) throws {
        let place = path(of: digest)
        let writer = try FileHandle(forUpdating: partial)
        try writer.synchronize()
        try writer.close()
        try makeFolder(place.deletingLastPathComponent())
        try withLock {
            guard rename(partial.path, place.path) == 0 else { throw POSIXError.last }
        }
        try syncFolder(place.deletingLastPathComponent())
    }
}

private func makeFolder(_ url: URL) throws {
    do {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
        throw StoreError("cannot make the folder \(url.path)", error)
    }
}

/// Makes a rename inside `folder` durable.
private func syncFolder(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw POSIXError.last }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw POSIXError.last }
}

/// The digest and size of the file at `url`, read piece by piece.
private func digestOfFile(_ url: URL) throws -> (digest: Digest, bytes: Int) {
    var hasher = Hasher256()
    let reader = try FileHandle(forReadingFrom: url)
    var bytes = 0
    while let piece = try reader.read(upToCount: 1 << 22), !piece.isEmpty {
        hasher.update(piece)
        bytes += piece.count
    }
    try reader.close()
    return (hasher.finish(), bytes)
}
