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

    /// Writes the epoch's file; whole or not at all.
    func keep(_ envelope: SignedEnvelope, of epoch: EpochStatement) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: EpochStatement.fileName(epoch.epoch))
        try envelope.canonical.write(to: file, options: .atomic)
    }

    private func isKept(_ epoch: Int) -> Bool {
        let file = folder.appending(path: EpochStatement.fileName(epoch))
        return FileManager.default.fileExists(atPath: file.path)
    }
}
