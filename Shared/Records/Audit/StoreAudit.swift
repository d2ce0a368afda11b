public import Foundation
public import Jobs
public import Postgres
public import Store

/// Compares the store with the ledger, both ways, and every blob with its digest. Changes nothing.
public struct StoreAudit {
    let ledger: Ledger
    let store: ArtifactStore

    public init(_ connection: Connection, _ store: ArtifactStore) {
        (ledger, self.store) = (Ledger(connection), store)
    }

    /// What an audit looked at and found.
    public struct Report: Sendable {
        public internal(set) var findings: [StoreFinding] = []
        public internal(set) var blobs = 0
        public internal(set) var bytes = 0
        /// What nothing counts on, long enough for nothing to begin to: snapshots of jobs that are
        /// over, and what attempts that failed had stored.
        public internal(set) var garbage: [Digest] = []
        public internal(set) var garbageBytes = 0
        /// What nothing counts on yet, with the snapshots of jobs that have just ended.
        public internal(set) var young = 0
        /// Writes that ended a day ago or more, and never will.
        public internal(set) var leftovers: [StoreListing.Leftover] = []
        /// Whom what nothing is known to count on may belong to; then there is no garbage.
        public internal(set) var doubt: String?
        /// The file of an epoch that the ledger does not have.
        public internal(set) var newer: String?

        /// Why nothing may be removed; nil where it may.
        public var obstacle: String? {
            if let doubt { return "the manifest of \(doubt) cannot be read" }
            return newer.map { "the store keeps \($0), which this ledger does not have" }
        }
    }

    /// Reads the whole store. Without `bytes` no file is compared with its digest, which is fast.
    /// `progress` is told the bytes that were read, of how many, from several threads.
    public func report(
        bytes: Bool = true,
        now: Date = Date(),
        progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws -> Report {
        // First the rows: a row comes after its blobs, so that none is missing that is being made.
        let contents = try contents()
        let listing = try store.listing()
        let claims = StoreClaims(contents, store, listing)
        var report = Report()
        report.doubt = claims.doubt
        var faults = claims.faults
        if bytes {
            faults.merge(check(listing, claims, progress)) { $1 }
        }
        for (digest, fault) in faults.sorted(by: { $0.key.hex < $1.key.hex }) {
            report.findings.append(.init(fault, digest, claims.kept[digest]))
        }
        for (digest, blob) in listing.blobs.sorted(by: { $0.key.hex < $1.key.hex }) {
            report.blobs += 1
            report.bytes += blob.bytes
            if claims.kept[digest] == nil { report.addUncounted(digest, blob, claims, now) }
        }
        addPlaces(listing, claims, now, &report)
        try addEpochs(listing, bytes: bytes, &report)
        return report
    }

    /// The largest first, so that no core is left with one at the end.
    private func check(
        _ listing: StoreListing,
        _ claims: StoreClaims,
        _ progress: @Sendable (Int, Int) -> Void
    ) -> [Digest: BlobFault] {
        let blobs = listing.blobs.sorted { $0.value.bytes > $1.value.bytes }
        let total = blobs.reduce(0) { $0 + $1.value.bytes }
        // What nobody counts on may be collected meanwhile.
        return store.faults(of: blobs.map(\.key)) { progress($0, total) }
            .filter { claims.kept[$0.key] != nil || $0.value != .gone }
    }

    private func addPlaces(
        _ listing: StoreListing,
        _ claims: StoreClaims,
        _ now: Date,
        _ report: inout Report
    ) {
        for (prefix, place) in listing.hidden.sorted(by: { $0.key < $1.key }) {
            let count = claims.hidden[prefix] ?? 0
            let due = count > 0 ? "; blobs due there that rows count on: \(count)" : ""
            let reason = place.reason + due
            report.add(.unreadable, place.path, reason)
        }
        for place in listing.closed { report.add(.unreadable, place.path, place.reason) }
        for place in listing.strangers { report.add(.stranger, place.path, place.reason) }
        for leftover in listing.leftovers
        where now.timeIntervalSince(leftover.modified) > ArtifactStore.grace {
            report.leftovers.append(leftover)
            report.add(.leftover, leftover.path, "a write never ended")
        }
    }

    private func contents() throws -> [StoreClaims.Content] {
        try ledger.connection.query("SELECT * FROM lineage.contents() ORDER BY owner").map {
            .init(
                digest: try $0.digest("content"),
                owner: try $0.text("owner"),
                deleted: try $0.bool("deleted")
            )
        }
    }
}

extension StoreAudit.Report {
    /// Removes nothing, and says nothing of removing, while a manifest may name the blob.
    fileprivate mutating func addUncounted(
        _ digest: Digest,
        _ blob: StoreListing.Blob,
        _ claims: StoreClaims,
        _ now: Date
    ) {
        let place = "blobs/\(digest.hex.prefix(2))/\(digest)"
        if let doubt {
            let remedy = "keep it: it may belong to \(doubt), whose manifest cannot be read"
            findings.append(.init(.unknown, place, remedy: remedy))
        } else if let owner = claims.deleted[digest] {
            let reason = "its bytes count as deleted and are still here"
            findings.append(
                .init(.undeleted, place, owner, reason: reason, remedy: "delete the file")
            )
        } else if now.timeIntervalSince(blob.modified) > ArtifactStore.grace {
            garbage.append(digest)
            garbageBytes += blob.bytes
        } else {
            young += 1
        }
    }

    fileprivate mutating func add(_ kind: StoreFinding.Kind, _ place: String, _ reason: String) {
        let remedy =
            switch kind {
            case .unreadable: "mend the rights, the disk or the folder, then audit again"
            case .leftover: "the next job to start removes it, and so does palimpsest store collect"
            default: "see what it is, then move it away"
            }
        findings.append(.init(kind, place, reason: reason, remedy: remedy))
    }
}
