/// One disagreement between the store and the ledger, with what to do about it.
public struct StoreFinding: Equatable, Sendable, Codable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case missing, damaged, unreadable, undeleted, unknown, stranger, leftover, epoch
    }

    public let kind: Kind
    /// The blob, or the file.
    public let place: String
    /// Who counts on the blob.
    public let owner: String?
    /// Why, where the kind does not say it.
    public let reason: String?

    init(_ kind: Kind, _ place: String, _ owner: String?, _ reason: String? = nil) {
        (self.kind, self.place, self.owner, self.reason) = (kind, place, owner, reason)
    }

    public var description: String {
        let owned = owner.map { kind == .unknown ? "" : " of \($0)" } ?? ""
        return "\(kind.rawValue)  \(place)\(owned): \(reason.map { $0 + "; " } ?? "")\(remedy)"
    }

    /// What to do about it.
    public var remedy: String {
        switch kind {
        case .missing:
            "restore the blob from a copy of the store, or run the job again; if it was deleted on "
                + "purpose, say so: palimpsest deploy REF store blob_deleted"
        case .damaged:
            "its bytes have another digest; set the file aside, then restore it from a copy of the "
                + "store or run the job again"
        case .unreadable: "it cannot be read; mend the rights or the disk, then audit again"
        case .undeleted: "its bytes count as deleted and are still here; delete the file"
        case .unknown:
            "keep it: it may belong to \(owner ?? "a manifest"), whose manifest cannot be read"
        case .stranger: "the store did not put it there; see what it is, then move it away"
        case .leftover:
            "a write is under way or never ended; the next worker to start removes it after a day"
        case .epoch: "the epoch is signed and its file is gone: palimpsest lineage seal-log"
        }
    }
}
