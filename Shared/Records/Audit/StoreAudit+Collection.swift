public import Foundation
public import Store

extension StoreAudit {
    /// Removes what nothing counts on for a day, and what was never written to its end.
    ///
    /// - Throws: `StoreError` where a manifest cannot be read, since anything may then be its, and where
    ///   the ledger is older than the store, or another's.
    public func collect(now: Date = Date()) throws -> (blobs: Int, bytes: Int, leftovers: Int) {
        let report = try report(bytes: false, now: now)
        if let obstacle = report.obstacle { throw StoreAudit.refusal(obstacle) }
        let gone = try report.garbage.compactMap { try store.collect($0, now: now) }
        let leftovers = try report.leftovers.compactMap { try store.collect($0, now: now) }
        return (gone.count, (gone + leftovers).reduce(0, +), leftovers.count)
    }

    /// What to say where nothing may be removed.
    public static func refusal(_ obstacle: String) -> StoreError {
        StoreError(description: "nothing is removed: \(obstacle); see palimpsest lineage audit")
    }
}
