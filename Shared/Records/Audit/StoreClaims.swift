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
    private(set) var owners: [Digest: String] = [:]
    private(set) var findings: [StoreFinding] = []
    /// Blobs that have their finding.
    private(set) var told: Set<Digest> = []
    /// The owner of a manifest that cannot be read, whose files are therefore not known.
    private(set) var unknown: String?
    /// What somebody still counts on, and what only owners have that say it is gone.
    private var kept: Set<Digest> = []
    private var deleted: [Digest: String] = [:]

    init(_ store: ArtifactStore, _ listing: StoreListing) {
        (self.store, self.listing) = (store, listing)
    }

    mutating func add(_ content: Content) {
        claim(content.digest, content)
        guard listing.blobs[content.digest] != nil else {
            if !content.deleted { unknown = unknown ?? content.owner }
            return
        }
        guard let data = try? store.read(content.digest) else {
            if told.insert(content.digest).inserted {
                let intact = try? store.isIntact(content.digest)
                let kind: StoreFinding.Kind = intact == false ? .damaged : .unreadable
                findings.append(.init(kind, content.digest.hex, content.owner))
            }
            unknown = unknown ?? content.owner
            return
        }
        let manifest = (try? JSON(parsing: data)).flatMap { try? $0.decode(Manifest.self) }
        for file in (manifest?.files ?? [:]).values.map(\.digest) { claim(file, content) }
    }

    private mutating func claim(_ digest: Digest, _ content: Content) {
        owners[digest] = owners[digest] ?? content.owner
        if content.deleted {
            deleted[digest] = content.owner
        } else {
            kept.insert(digest)
        }
        guard listing.blobs[digest] == nil, !content.deleted, told.insert(digest).inserted else {
            return
        }
        let kind: StoreFinding.Kind = listing.mayHold(digest) ? .unreadable : .missing
        findings.append(.init(kind, digest.hex, content.owner))
    }

    /// Finds what is there though all who had it say that it is deleted.
    mutating func findKept() {
        for (digest, owner) in deleted.sorted(by: { $0.key.hex < $1.key.hex })
        where !kept.contains(digest) && listing.blobs[digest] != nil {
            findings.append(.init(.undeleted, digest.hex, owner))
        }
    }
}
