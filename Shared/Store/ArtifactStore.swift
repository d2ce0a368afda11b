public import Foundation
public import Jobs
import Synchronization

/// What the store refuses, and what to do about it.
public struct StoreError: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// A folder of blobs, each under its SHA-256: `blobs/ab/abcdef…`.
///
/// A blob is written to a temporary name, synced and renamed, so it is whole or absent. Putting
/// the same bytes twice changes nothing, and nothing is ever overwritten.
public struct ArtifactStore: Sendable {
    /// `file:///…`
    public let url: String
    private let root: URL

    /// Opens the store, making its folders where they are missing.
    ///
    /// - Throws: `StoreError` for a URL that is not `file:///…`, or a folder that cannot be made.
    public init(url: String) throws {
        guard let parsed = URL(string: url), parsed.isFileURL, parsed.path.hasPrefix("/") else {
            throw StoreError(
                description: "the store's URL is '\(url)'; it must be file:///a/folder"
            )
        }
        self.url = url
        root = parsed
        for folder in ["blobs", "partial"] { try makeFolder(root.appending(path: folder)) }
    }

    /// The place of the blob `digest`, whether or not it is there.
    public func path(of digest: Digest) -> URL {
        root.appending(path: "blobs/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    public func contains(_ digest: Digest) -> Bool {
        FileManager.default.fileExists(atPath: path(of: digest).path)
    }

    /// Stores `data`.
    ///
    /// - Throws: `StoreError`, naming a full disk as such; nothing partial is left behind.
    public func put(_ data: Data) throws -> Digest {
        let digest = Digest(of: data)
        if !contains(digest) {
            try write(digest) { try $0.write(contentsOf: data) }
        }
        return digest
    }

    /// A fresh path on the store's own file system, to be given to `putFile` and then be gone.
    public func temporaryFile() -> URL {
        root.appending(path: "partial/\(UUID().uuidString)")
    }

    /// Moves the file at `url`, made at `temporaryFile()`, into the store.
    public func putFile(_ url: URL) throws -> (digest: Digest, bytes: Int) {
        let hasher = Hasher256()
        let reader = try FileHandle(forReadingFrom: url)
        var bytes = 0
        while let piece = try reader.read(upToCount: 1 << 22), !piece.isEmpty {
            hasher.update(piece)
            bytes += piece.count
        }
        try reader.close()
        let digest = hasher.finish()
        if contains(digest) {
            try FileManager.default.removeItem(at: url)
        } else {
            let writer = try FileHandle(forUpdating: url)
            try writer.synchronize()
            try writer.close()
            try publish(url, as: digest)
        }
        return (digest, bytes)
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

    private func write(_ digest: Digest, _ body: (FileHandle) throws -> Void) throws {
        let partial = temporaryFile()
        do {
            guard FileManager.default.createFile(atPath: partial.path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            let handle = try FileHandle(forWritingTo: partial)
            try body(handle)
            try handle.synchronize()
            try handle.close()
            try publish(partial, as: digest)
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw StoreError(description: "cannot write to the store \(url): \(explained(error))")
        }
    }

    private func publish(_ partial: URL, as digest: Digest) throws {
        let place = path(of: digest)
        try makeFolder(place.deletingLastPathComponent())
        guard rename(partial.path, place.path) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        try syncFolder(place.deletingLastPathComponent())
    }
}

private func makeFolder(_ url: URL) throws {
    do {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
        throw StoreError(description: "cannot make the folder \(url.path): \(explained(error))")
    }
}

/// Makes a rename inside `folder` durable.
private func syncFolder(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

private func explained(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    let code = (underlying as? POSIXError)?.code ?? (error as? POSIXError)?.code
    if code == .ENOSPC || (error as? CocoaError)?.code == .fileWriteOutOfSpace {
        return "the disk is full; free some space and run the job again"
    }
    return code.map { String(cString: strerror($0.rawValue)) } ?? "\(error)"
}
