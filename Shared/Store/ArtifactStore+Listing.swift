public import Foundation
public import Jobs

/// What lies in a store, as it lies there: nothing is followed, opened or changed.
public struct StoreListing: Sendable {
    /// A file under its digest.
    public struct Blob: Equatable, Sendable {
        public let bytes: Int
        public let modified: Date
    }

    /// An entry that is no blob, and why.
    public struct Stranger: Equatable, Sendable {
        public let path: String
        public let reason: String
    }

    public internal(set) var blobs: [Digest: Blob] = [:]
    public internal(set) var strangers: [Stranger] = []
    /// The beginnings of digests whose folders cannot be listed.
    public internal(set) var unreadable: [String: String] = [:]
    /// What writes that never ended left behind.
    public internal(set) var leftovers: [Stranger] = []
    /// The names of the epochs' files.
    public internal(set) var epochs: Set<String> = []

    /// Whether a blob that is not listed may be there all the same.
    public func mayHold(_ digest: Digest) -> Bool {
        unreadable[""] != nil || unreadable[String(digest.hex.prefix(2))] != nil
    }
}

extension ArtifactStore {
    /// Lists the whole store.
    public func listing() -> StoreListing {
        var listing = StoreListing()
        listFolders(&listing)
        for entry in entries(of: "partial") {
            listing.leftovers.append(.init(path: entry.path, reason: "a write never ended"))
        }
        for entry in entries(of: "epochs") where entry.isFile { listing.epochs.insert(entry.name) }
        return listing
    }

    private func listFolders(_ listing: inout StoreListing) {
        let place = root.appending(path: "blobs").path
        guard let top = Entry(place), top.isFolder else {
            listing.unreadable[""] = "it is no folder"
            return listing.strangers.append(
                .init(path: place, reason: "it is no folder of its own")
            )
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: place) else {
            return listing.unreadable[""] = String(cString: strerror(errno))
        }
        for name in names.sorted() {
            guard let folder = Entry(place + "/" + name), folder.isFolder, name.utf8.count == 2,
                name.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            else {
                let reason = "no blobs lie there"
                listing.strangers.append(.init(path: place + "/" + name, reason: reason))
                continue
            }
            list(folder, &listing)
        }
    }

    private func list(_ folder: Entry, _ listing: inout StoreListing) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            return listing.unreadable[folder.name] = String(cString: strerror(errno))
        }
        for name in names.sorted() {
            guard let entry = Entry(folder.path + "/" + name) else { continue }
            guard let digest = Digest(hex: name), digest.hex == name, entry.isFile,
                name.hasPrefix(folder.name)
            else {
                listing.strangers.append(.init(path: entry.path, reason: entry.reason(in: folder)))
                continue
            }
            listing.blobs[digest] = .init(bytes: entry.bytes, modified: entry.modified)
        }
    }

    private func entries(of folder: String) -> [Entry] {
        let place = root.appending(path: folder).path
        let names = try? FileManager.default.contentsOfDirectory(atPath: place)
        return (names ?? []).sorted().compactMap { Entry(place + "/" + $0) }
    }
}

/// One entry of a folder, not followed where it is a link.
private struct Entry {
    let path: String
    private let status: stat

    var name: String { URL(filePath: path).lastPathComponent }
    var isFile: Bool { status.st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    var bytes: Int { Int(status.st_size) }
    var modified: Date { Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec)) }

    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        (self.path, self.status) = (path, status)
    }

    /// Why it is no blob of `folder`.
    func reason(in folder: Entry) -> String {
        switch status.st_mode & S_IFMT {
        case S_IFLNK: "it is a link"
        case S_IFDIR: "it is a folder"
        case S_IFREG where Digest(hex: name)?.hex != name: "its name is no digest"
        case S_IFREG: "it belongs into another folder"
        default: "it is no file"
        }
    }
}
