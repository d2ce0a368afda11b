import Foundation
import Jobs
import Store

/// Which blobs the ledger's rows count on, directly and by the manifests that they name.
struct StoreClaims {
    struct Content {
        let digest: Digest
        let owner: String
        /// Whether the owner says that its bytes were deleted.
        let deleted: Bool
    }

    private let store: ArtifactStore
    private let listing: StoreListing
    /// What somebody counts on.
    private(set) var kept: [Digest: String] = [:]
    /// What only those had who say that it is deleted.
    private(set) var deleted: [Digest: String] = [:]
    /// What is wrong with what somebody counts on, as far as it was looked at.
    private(set) var faults: [Digest: BlobFault] = [:]
    /// How many of `kept` would lie in each place that cannot be looked into.
    private(set) var hidden: [String: Int] = [:]
    /// Whose manifests cannot be read, so that what they name is not known.
    private var suspects: [String] = []

    init(_ contents: [Content], _ store: ArtifactStore, _ listing: StoreListing) {
        (self.store, self.listing) = (store, listing)
        for content in contents where !content.deleted { keep(content) }
        for content in contents where content.deleted {
            let files = (try? store.files(ofManifest: content.digest)) ?? []
            for digest in files + [content.digest] where kept[digest] == nil {
                deleted[digest] = deleted[digest] ?? content.owner
            }
        }
    }

    /// Whom else a blob may belong to that nobody is known to count on; nil where there is no doubt.
    var doubt: String? {
        guard let first = suspects.first else { return nil }
        let others = Set(suspects).count - 1
        return others == 0 ? first : "\(first), or to one of \(others) others"
    }

    private mutating func keep(_ content: Content) {
        let isThere = claim(content.digest, content.owner)
        do throws(BlobFault) {
            guard isThere else { throw .gone }
            for file in try store.files(ofManifest: content.digest) { claim(file, content.owner) }
        } catch {
            suspects.append(content.owner)
            // Gone between the listing and now; what cannot be looked into is told of by its place.
            if listing.hiding(content.digest) == nil { faults[content.digest] = error }
        }
    }

    /// Whether the blob is in its place.
    @discardableResult
    private mutating func claim(_ digest: Digest, _ owner: String) -> Bool {
        let isThere = listing.blobs[digest] != nil
        guard kept[digest] == nil else { return isThere }
        kept[digest] = owner
        if let place = listing.hiding(digest) {
            hidden[place, default: 0] += 1
        } else if !isThere {
            faults[digest] = .gone
        }
        return isThere
    }
}
