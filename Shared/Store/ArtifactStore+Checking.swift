import Foundation
public import Jobs
import Synchronization

/// What is wrong with a blob.
public enum BlobFault: Equatable, Sendable {
    case gone
    /// Its bytes have another digest.
    case damaged
    case unreadable(reason: String)
}

extension ArtifactStore {
    /// Compares blobs with their digests, as many at a time as there are cores, and returns what is
    /// wrong. `progress` is told of each piece that was read, in bytes, from several threads.
    public func faults(
        of digests: [Digest],
        progress: @Sendable (Int) -> Void = { _ in }
    ) -> [Digest: BlobFault] {
        let work = Mutex(Work(rest: digests[...]))
        let cores = ProcessInfo.processInfo.activeProcessorCount
        DispatchQueue.concurrentPerform(iterations: min(cores, digests.count)) { _ in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            while let digest = work.withLock({ $0.rest.popFirst() }) {
                guard let fault = fault(of: digest, buffer, progress) else { continue }
                work.withLock { $0.faults[digest] = fault }
            }
        }
        return work.withLock(\.faults)
    }

    private func fault(
        of digest: Digest,
        _ buffer: UnsafeMutableRawBufferPointer,
        _ progress: (Int) -> Void
    ) -> BlobFault? {
        do {
            let file = try file(of: digest)
            var hasher = Hasher256()
            while let piece = try next(of: file, buffer) {
                hasher.update(piece)
                progress(piece.count)
            }
            return hasher.finish() == digest ? nil : .damaged
        } catch {
            return BlobFault(error)
        }
    }

    /// The files that the manifest `digest` names; none where the blob is intact and no manifest.
    ///
    /// - Throws: `BlobFault`
    public func files(ofManifest digest: Digest) throws(BlobFault) -> [Digest] {
        let data: Data
        do {
            // What is longer is not read as a manifest by anybody.
            data = try file(of: digest).read(upToCount: JSON.limits.bytes + 1) ?? Data()
        } catch { throw BlobFault(error) }
        guard data.count <= JSON.limits.bytes else { return [] }
        guard Digest(of: data) == digest else { throw .damaged }
        let manifest = (try? JSON(parsing: data)).flatMap { try? $0.decode(Manifest.self) }
        return (manifest?.files ?? [:]).values.map(\.digest)
    }

    /// The digest of the file of an epoch.
    ///
    /// - Throws: `BlobFault`
    public func digest(ofEpochFile name: String) throws(BlobFault) -> Digest {
        do {
            let file = try Folder("epochs", in: openFolder()).file(name)
            return Digest(of: try file.readToEnd() ?? Data())
        } catch { throw BlobFault(error) }
    }

    /// Opens the file of a blob, following no link on the way.
    private func file(of digest: Digest) throws -> FileHandle {
        let blobs = try Folder("blobs", in: openFolder())
        return try Folder(String(digest.hex.prefix(2)), in: blobs).file(digest.hex)
    }
}

private struct Work {
    var rest: ArraySlice<Digest>
    var faults: [Digest: BlobFault] = [:]
}

/// The next piece of `file`, read into `buffer`; nil at the end.
private func next(
    of file: FileHandle,
    _ buffer: UnsafeMutableRawBufferPointer
) throws -> UnsafeRawBufferPointer? {
    while true {
        let count = read(file.fileDescriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        if count == 0 { return nil }
        guard errno == EINTR else { throw POSIXError.last }
    }
}

extension BlobFault: Error {
    fileprivate init(_ error: any Error) {
        let number = systemCode(error)
        let reason = number.map { POSIXError($0).sentence } ?? "\(error)"
        self = number == .ENOENT ? .gone : .unreadable(reason: reason)
    }
}
