public import Foundation
public import Jobs
public import Postgres
import Proofs
public import Store

/// Compares the store with the ledger, both ways, and every blob with its digest. Changes nothing.
public struct StoreAudit {
    private let ledger: Ledger
    private let store: ArtifactStore

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
    }

    /// Reads the whole store. Without `bytes` no file is compared with its digest, which is fast.
    public func report(bytes: Bool = true, now: Date = Date()) throws -> Report {
        let listing = store.listing()
        var claims = StoreClaims(store, listing)
        for content in try contents() { claims.add(content) }
        claims.findKept()
        var report = Report()
        report.findings = claims.findings
        for (digest, blob) in listing.blobs.sorted(by: { $0.key.hex < $1.key.hex }) {
            report.blobs += 1
            report.bytes += blob.bytes
            if bytes, let kind = wrong(digest, claims) {
                report.findings.append(.init(kind, digest.hex, claims.owners[digest]))
            }
            guard claims.owners[digest] == nil else { continue }
            if let owner = claims.unknown {
                report.findings.append(.init(.unknown, digest.hex, owner))
            } else if now.timeIntervalSince(blob.modified) > ArtifactStore.grace {
                report.garbage.append(digest)
                report.garbageBytes += blob.bytes
            }
        }
        addRest(listing, &report)
        try addEpochs(listing, &report)
        return report
    }

    private func wrong(_ digest: Digest, _ claims: StoreClaims) -> StoreFinding.Kind? {
        guard !claims.told.contains(digest) else { return nil }
        guard let intact = try? store.isIntact(digest) else { return .unreadable }
        return intact ? nil : .damaged
    }

    private func addRest(_ listing: StoreListing, _ report: inout Report) {
        for (folder, reason) in listing.unreadable.sorted(by: { $0.key < $1.key }) {
            report.findings.append(.init(.unreadable, "blobs/" + folder, nil, reason))
        }
        for stranger in listing.strangers {
            report.findings.append(.init(.stranger, stranger.path, nil, stranger.reason))
        }
        for leftover in listing.leftovers {
            report.findings.append(.init(.leftover, leftover.path, nil))
        }
    }

    private func addEpochs(_ listing: StoreListing, _ report: inout Report) throws {
        let rows = try ledger.connection.query("SELECT epoch FROM lineage.log_last_epoch()")
        guard let last = try rows.first?.int("epoch") else { return }
        for epoch in 1...max(1, last) {
            let name = EpochStatement.fileName(epoch)
            guard !listing.epochs.contains(name) else { continue }
            report.findings.append(.init(.epoch, "epochs/" + name, nil))
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
