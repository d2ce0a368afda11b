public import Foundation
public import Jobs

extension ArtifactStore {
    /// Every blob that lies in the store, in the order of their digests.
    public func blobs() throws -> [Digest] {
        try files(below: "blobs").compactMap { Digest(hex: $0.lastPathComponent) }
            .sorted { $0.hex < $1.hex }
    }

    /// What writes that never ended left behind.
    public func leftovers() throws -> [URL] { try files(below: "partial") }

    /// Whether the bytes of the blob are still those of its digest.
    public func isIntact(_ digest: Digest) throws -> Bool {
        let reader = try FileHandle(forReadingFrom: path(of: digest))
        defer { try? reader.close() }
        var hasher = Hasher256()
        while let piece = try reader.read(upToCount: 1 << 22), !piece.isEmpty {
            hasher.update(piece)
        }
        return hasher.finish() == digest
    }

    private func files(below folder: String) throws -> [URL] {
        let place = root.appending(path: folder)
        guard
            let all = FileManager.default.enumerator(
                at: place,
                includingPropertiesForKeys: [.isRegularFileKey]
            )
        else { throw StoreError(description: "cannot list \(place.path)") }
        return try all.compactMap { $0 as? URL }.filter {
            try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
        }
    }
}
