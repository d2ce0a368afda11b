import Foundation
import Postgres
public import Proofs

extension LogSealer {
    /// Writes the files that are not there, of epochs that are in the database: a crash came between
    /// the commit and the file, or the folder was lost.
    ///
    /// Looks at the newest epoch first and, where its file is there, no further, unless it is to look
    /// at `all`. Epochs of another key are left to who has it.
    ///
    /// - Returns: the epochs whose files were written.
    /// - Throws: `ProofError` where an envelope only seems to be signed by this key, since a file
    ///   made of it would vouch for what somebody wrote into the database.
    @discardableResult
    public func restoreFiles(all: Bool = false) throws -> [EpochStatement] {
        let rows = try connection.query("SELECT epoch FROM lineage.log_last_epoch()")
        guard let last = try rows.first?.int("epoch"), all || !isKept(last) else { return [] }
        let missing = (1...max(1, last)).filter { !isKept($0) }
        let numbers = "{" + missing.map(String.init).joined(separator: ",") + "}"
        return try connection.query(
            "SELECT * FROM lineage.log_envelopes($1::bigint[])",
            [.text(numbers)]
        ).compactMap { row in
            let envelope = try SignedEnvelope(reading: Data(row.text("envelope").utf8))
            guard envelope.keyID == key.verifying.id else { return nil }
            try envelope.check(key.verifying)
            let epoch = try EpochStatement(reading: envelope.payload)
            guard try epoch.epoch == row.int("epoch") else {
                throw ProofError("epoch \(try row.int("epoch")) holds epoch \(epoch.epoch)")
            }
            try keep(envelope, of: epoch)
            return epoch
        }
    }

    /// Finds the folder to be of this ledger, whose log grew since: what was kept is what would show
    /// that a ledger was rewritten or is an older copy, and an epoch on top of that would hide it.
    ///
    /// - Throws: `ProofError` naming the epoch that is kept and not in the database.
    func requireContinuation() throws {
        // First the folder: whoever seals meanwhile commits before he writes a file.
        let kept = try newestKept()
        let rows = try connection.query("SELECT epoch FROM lineage.log_last_epoch()")
        let last = try rows.first?.int("epoch") ?? 0
        let remedy =
            "it is an older copy or was rewritten; look with `lineage verify-log`, and seal into "
            + "another folder only where you know why"
        guard kept <= last else {
            throw ProofError(
                "\(folder.path) keeps epoch \(kept), the ledger ends with \(last): \(remedy)"
            )
        }
        guard last > 0, isKept(last) else { return }
        guard try Data(contentsOf: file(last)) == envelope(of: last).canonical else {
            throw ProofError(
                "\(folder.path) keeps another epoch \(last) than the ledger: \(remedy)"
            )
        }
    }

    /// The number of the newest epoch whose file is there; 0 where none is.
    private func newestKept() throws -> Int {
        guard FileManager.default.fileExists(atPath: folder.path) else { return 0 }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .compactMap {
                $0.wholeMatch(of: #/epoch-([0-9]{8,18})\.json/#).flatMap { Int($0.output.1) }
            }
            .max() ?? 0
    }

    /// The signed epoch as the database has it.
    func envelope(of epoch: Int) throws -> SignedEnvelope {
        let rows = try connection.query(
            "SELECT envelope FROM lineage.log_envelopes($1::bigint[])",
            [.text("{\(epoch)}")]
        )
        return try SignedEnvelope(
            reading: Data(single(rows, of: "lineage.log_envelopes").text("envelope").utf8)
        )
    }

    /// Writes the epoch's file; whole or not at all, and never over one that says otherwise.
    func keep(_ envelope: SignedEnvelope, of epoch: EpochStatement) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let partial = folder.appending(path: "partial-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: partial) }
        try envelope.canonical.write(to: partial)
        let file = file(epoch.epoch)
        do {
            try FileManager.default.linkItem(at: partial, to: file)
        } catch {
            guard isKept(epoch.epoch) else { throw error }
            guard try Data(contentsOf: file) == envelope.canonical else {
                throw ProofError("\(file.path) is there already and keeps another epoch")
            }
        }
    }

    private func file(_ epoch: Int) -> URL {
        folder.appending(path: EpochStatement.fileName(epoch))
    }

    private func isKept(_ epoch: Int) -> Bool {
        FileManager.default.fileExists(atPath: file(epoch).path)
    }
}
