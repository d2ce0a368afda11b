public import Foundation
public import Store

extension StoreAudit {
    /// Removes what nothing counts on for a day, and what was never written to its end.
    ///
    /// - Throws: `StoreError` where a manifest cannot be read, since anything may then be its.
    public func collect(now: Date = Date()) throws -> (blobs: Int, bytes: Int, leftovers: Int) {
        let report = try report(bytes: false, now: now)
        if let doubt = report.doubt { throw StoreAudit.refusal(doubt) }
        let gone = try report.garbage.compactMap { try store.collect($0, now: now) }
        let leftovers = try report.leftovers.compactMap { try store.collect($0, now: now) }
        return (gone.count, (gone + leftovers).reduce(0, +), leftovers.count)
    }

    /// Why nothing may be removed while it is not known what `doubt` counts on.
    public static func refusal(_ doubt: String) -> StoreError {
        StoreError(
            description: "nothing is removed: the manifest of \(doubt) cannot be read; see "
                + "palimpsest lineage audit"
        )
    }
}
