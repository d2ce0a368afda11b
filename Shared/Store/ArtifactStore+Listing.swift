public import Foundation
public import Jobs

/// What lies in a store, as it lies there: no link is followed, and nothing is changed.
public struct StoreListing: Sendable {
    /// A file under its digest.
    public struct Blob: Equatable, Sendable {
        public let bytes: Int
        /// When it was written, or stored again.
        public let modified: Date
    }

    /// A place below the store's folder, and what is to be said of it.
    public struct Place: Equatable, Sendable {
        public let path: String
        public let reason: String
    }

    /// What a write left behind that has not ended, or never will.
    public struct Leftover: Equatable, Sendable {
        public let path: String
        public let modified: Date
    }

    public internal(set) var blobs: [Digest: Blob] = [:]
    /// What the store did not put there.
    public internal(set) var strangers: [Place] = []
    /// Places of blobs that cannot be looked into, by what the digests begin with.
    public internal(set) var hidden: [String: Place] = [:]
    /// Other places of the store that cannot be looked into.
    public internal(set) var closed: [Place] = []
    public internal(set) var leftovers: [Leftover] = []
    /// The names of the files of epochs.
    public internal(set) var epochs: Set<String> = []

    /// What the digest begins with where its blob is in a place that cannot be looked into.
    public func hiding(_ digest: Digest) -> String? {
        ["", String(digest.hex.prefix(2)), digest.hex].first { hidden[$0] != nil }
    }
}

extension ArtifactStore {
    /// Lists the whole store.
    ///
    /// - Throws: `StoreError` where its folder cannot be opened.
    public func listing() throws -> StoreListing {
        var listing = StoreListing()
        let top = try openFolder()
        listBlobs(in: top, &listing)
        listRest("partial", in: top, &listing) { entry, path, listing in
            listing.leftovers.append(.init(path: path, modified: entry.modified))
        }
        listRest("epochs", in: top, &listing) { entry, _, listing in
            listing.epochs.insert(entry.name)
        }
        return listing
    }

    func openFolder() throws -> Folder {
        do { return try Folder(root.path) } catch let error as POSIXError {
            throw StoreError(description: "the store \(root.path): \(error.sentence)")
        }
    }

    private func listBlobs(in top: Folder, _ listing: inout StoreListing) {
        guard let entry = top.entry("blobs") else {
            return listing.hidden[""] = .init(path: "blobs", reason: "it is not there")
        }
        guard let entries = entries(of: entry, "blobs", in: top, &listing.hidden, "") else {
            return
        }
        for entry in entries.found {
            let path = "blobs/" + entry.shown
            guard isPrefix(entry.name) else {
                let reason = entry.sentence + " where only folders of blobs are"
                listing.strangers.append(.init(path: path, reason: reason))
                continue
            }
            guard
                let blobs = self.entries(
                    of: entry,
                    path,
                    in: entries.folder,
                    &listing.hidden,
                    entry.name
                )
            else { continue }
            for blob in blobs.found { add(blob, of: entry.name, &listing) }
        }
    }

    /// What lies in the folder `entry`; nil, and a word in `hidden`, where that cannot be told.
    private func entries(
        of entry: Entry,
        _ path: String,
        in parent: Folder,
        _ hidden: inout [String: StoreListing.Place],
        _ prefix: String
    ) -> (folder: Folder, found: [Entry])? {
        guard entry.form == .folder else {
            hidden[prefix] = .init(path: path, reason: entry.sentence + ", which is not followed")
            return nil
        }
        do {
            let folder = try Folder(entry.name, in: parent)
            return (folder, try folder.entries())
        } catch {
            let reason = (error as? POSIXError)?.sentence ?? "\(error)"
            hidden[prefix] = .init(path: path, reason: reason)
            return nil
        }
    }

    private func add(_ entry: Entry, of prefix: String, _ listing: inout StoreListing) {
        let path = "blobs/\(prefix)/\(entry.shown)"
        let digest = Digest(hex: entry.name)
        let isName = digest?.hex == entry.name && entry.name.hasPrefix(prefix)
        switch (entry.form, digest) {
        case (.file, let digest?) where isName:
            listing.blobs[digest] = .init(bytes: entry.bytes, modified: entry.modified)
        case (.hidden(let reason), _):
            // A folder that tells names and nothing else.
            listing.hidden[isName ? entry.name : prefix] = .init(path: path, reason: reason)
        case (.file, let digest?):
            let reason = "its name belongs to blobs/\(digest.hex.prefix(2))/\(digest)"
            listing.strangers.append(.init(path: path, reason: reason))
        case (.file, nil):
            listing.strangers.append(.init(path: path, reason: "its name is no digest"))
        default: listing.strangers.append(.init(path: path, reason: entry.sentence))
        }
    }

    /// Lists a folder of plain files, where there is one.
    private func listRest(
        _ name: String,
        in top: Folder,
        _ listing: inout StoreListing,
        _ add: (Entry, String, inout StoreListing) -> Void
    ) {
        guard let entry = top.entry(name) else { return }
        var closed: [String: StoreListing.Place] = [:]
        for found in entries(of: entry, name, in: top, &closed, "")?.found ?? [] {
            let path = name + "/" + found.shown
            if found.form == .file {
                add(found, path, &listing)
            } else {
                listing.strangers.append(.init(path: path, reason: found.sentence))
            }
        }
        listing.closed += closed.values
    }
}

/// Whether `name` is the name of a folder of blobs.
private func isPrefix(_ name: String) -> Bool {
    name.utf8.count == 2 && name.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
}
