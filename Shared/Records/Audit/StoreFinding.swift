import Jobs
import Store

/// One disagreement between the store and the ledger, with what to do about it.
public struct StoreFinding: Equatable, Sendable, Codable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case missing, damaged, unreadable, undeleted, unknown, stranger, leftover, epoch
    }

    public let kind: Kind
    /// Below the store's folder.
    public let place: String
    /// Who counts on the blob.
    public let owner: String?
    /// Why, where the kind does not say it.
    public let reason: String?
    /// What to do about it.
    public let remedy: String

    init(
        _ kind: Kind,
        _ place: String,
        _ owner: String? = nil,
        reason: String? = nil,
        remedy: String
    ) {
        (self.kind, self.place, self.owner, self.reason) = (kind, place, owner, reason)
        self.remedy = remedy
    }

    public var description: String {
        let why = reason.map { $0 + "; " } ?? ""
        return "\(kind.rawValue)  \(place)\(owner.map { " of \($0)" } ?? ""): \(why)\(remedy)"
    }
}

extension StoreFinding {
    /// A blob that `owner` counts on, if anybody does, and that is not what it should be.
    init(_ fault: BlobFault, _ digest: Digest, _ owner: String?) {
        let place = "blobs/\(digest.hex.prefix(2))/\(digest)"
        switch fault {
        case .gone: self.init(.missing, place, owner, remedy: StoreFinding.restoring(owner))
        case .damaged:
            let again =
                owner == nil
                ? "nothing counts on it" : "then restore it from a copy, or make it again"
            self.init(
                .damaged,
                place,
                owner,
                reason: "its bytes have another digest",
                remedy: "set the file aside; " + again
            )
        case .unreadable(let reason):
            self.init(
                .unreadable,
                place,
                owner,
                reason: reason,
                remedy: "mend the rights or the disk, then audit again"
            )
        }
    }

    /// What to do where something of `owner` is gone: `KIND DIGEST` of an artifact, else a job.
    private static func restoring(_ owner: String?) -> String {
        let words = (owner ?? "").split(separator: " ")
        guard words.count == 2 else {
            return
                "the job goes on from an older snapshot, or begins anew; restore it from a copy of "
                + "the store to save that"
        }
        return
            "restore it from a copy of the store, or make or import it again; if it was deleted on "
            + "purpose, say so: palimpsest deploy \(words[1].prefix(12)) store blob_deleted"
    }
}
