import Foundation
import Jobs
import Postgres
import Proofs
import Store

extension StoreAudit {
    /// Compares the epochs of the database with their files, by name and, with `bytes`, byte by byte.
    func addEpochs(_ listing: StoreListing, bytes: Bool, _ report: inout Report) throws {
        // A folder that cannot be looked into has its finding.
        guard !listing.closed.contains(where: { $0.path == "epochs" }) else { return }
        let rows = try ledger.connection.query(
            """
            SELECT epoch, encode(sha256(convert_to(envelope, 'UTF8')), 'hex') AS digest
            FROM lineage.log_epoch
            ORDER BY epoch
            """
        )
        var missing: [Int] = []
        for row in rows {
            let epoch = try row.int("epoch")
            let name = EpochStatement.fileName(epoch)
            if !listing.epochs.contains(name) {
                missing.append(epoch)
            } else if bytes, let reason = difference(name, try row.digest("digest")) {
                let remedy = "keep it, and see what it says: palimpsest lineage verify-log"
                report.findings.append(
                    .init(.epoch, "epochs/" + name, reason: reason, remedy: remedy)
                )
            }
        }
        let known = Set(try rows.map { EpochStatement.fileName(try $0.int("epoch")) })
        for name in listing.epochs.subtracting(known).sorted() where name.hasPrefix("epoch-") {
            report.newer = name
            let reason = "the ledger has no such epoch: it is an older copy, or another's"
            let remedy = "keep it, and look for the ledger that it is of"
            report.findings.append(.init(.epoch, "epochs/" + name, reason: reason, remedy: remedy))
        }
        for run in runs(of: missing) {
            let names = [run.first, run.last].compactMap(\.self).map(EpochStatement.fileName)
            let place = Set(names).sorted().joined(separator: " to ")
            let reason = run.count == 1 ? "its file is gone" : "\(run.count) files are gone"
            let remedy = "who has the key writes them again: palimpsest lineage seal-log"
            report.findings.append(.init(.epoch, "epochs/" + place, reason: reason, remedy: remedy))
        }
    }

    /// How the file differs from the epoch in the database.
    private func difference(_ name: String, _ digest: Digest) -> String? {
        do throws(BlobFault) {
            return try store.digest(ofEpochFile: name) == digest
                ? nil : "it is not the epoch of the database"
        } catch {
            switch error {
            case .unreadable(let reason): return reason
            case .gone, .damaged: return "it is gone"
            }
        }
    }
}

/// Numbers that follow each other, together.
private func runs(of numbers: [Int]) -> [[Int]] {
    numbers.reduce(into: []) { runs, number in
        if let last = runs.last?.last, last + 1 == number {
            runs[runs.count - 1].append(number)
        } else {
            runs.append([number])
        }
    }
}
