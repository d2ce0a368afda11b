import Foundation
import Jobs
public import Postgres
public import Store

/// Compares the store with the ledger, both ways, and every blob with its digest.
public struct StoreAudit {
    private let ledger: Ledger
    private let store: ArtifactStore

    public init(_ connection: Connection, _ store: ArtifactStore) {
        (ledger, self.store) = (Ledger(connection), store)
    }

    /// One disagreement, with what to do about it.
    public struct Finding: Equatable, Sendable, CustomStringConvertible {
        public enum Kind: String, Sendable { case missing, damaged, unknown, leftover }

        public let kind: Kind
        /// The blob, or the file.
        public let place: String
        /// Who counts on the blob.
        public let owner: String?

        public var description: String {
            let owned = owner.map { " of \($0)" } ?? ""
            return "\(kind.rawValue)  \(place)\(owned): \(remedy)"
        }

        /// What to do about it.
        public var remedy: String {
            switch kind {
            case .missing:
                "restore the blob from a copy of the store, or run the job again; if it was "
                    + "deleted on purpose, record a blob_deleted event"
            case .damaged:
                "its bytes have another digest; remove the file, then restore it from a copy of "
                    + "the store or run the job again"
            case .unknown:
                "no row counts on it: a job that failed left it, or one runs now; delete the file "
                    + "when no job is running"
            case .leftover: "a write never ended; delete the file when no job is running"
            }
        }
    }

    /// Reads the whole store. Without `bytes` no blob is compared with its digest, which is fast.
    public func findings(bytes: Bool = true) throws -> [Finding] {
        var owners: [Digest: String] = [:]
        var findings: [Finding] = []
        for content in try contents() {
            owners[content.digest] = content.owner
            guard store.contains(content.digest) else {
                if !content.deleted {
                    findings.append(finding(.missing, content.digest, content.owner))
                }
                continue
            }
            for file in files(of: content.digest) {
                owners[file] = content.owner
                if !store.contains(file) && !content.deleted {
                    findings.append(finding(.missing, file, content.owner))
                }
            }
        }
        for blob in try store.blobs() {
            if owners[blob] == nil { findings.append(finding(.unknown, blob, nil)) }
            if bytes, try !store.isIntact(blob) {
                findings.append(finding(.damaged, blob, owners[blob]))
            }
        }
        return try findings
            + store.leftovers().map { Finding(kind: .leftover, place: $0.path, owner: nil) }
    }

    private func finding(_ kind: Finding.Kind, _ digest: Digest, _ owner: String?) -> Finding {
        Finding(kind: kind, place: digest.hex, owner: owner)
    }

    private struct Content {
        let digest: Digest
        let owner: String
        let deleted: Bool
    }

    private func contents() throws -> [Content] {
        try ledger.connection.query("SELECT * FROM lineage.contents() ORDER BY owner").map {
            Content(
                digest: try $0.digest("content"),
                owner: try $0.text("owner"),
                deleted: try $0.bool("deleted")
            )
        }
    }

    /// The blobs that a manifest names; none where the content is no readable manifest.
    private func files(of content: Digest) -> [Digest] {
        guard let data = try? store.read(content), let json = try? JSON(parsing: data),
            let manifest = try? json.decode(Manifest.self)
        else { return [] }
        return manifest.files.values.map(\.digest)
    }
}
