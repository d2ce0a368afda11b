public import Foundation

/// An epoch that somebody kept, and the way that shows the log of a later one to be the same log, grown
/// (RFC 9162, section 2.1.4): the ledger has no second history for who kept it.
public struct KeptEpoch: Equatable, Sendable {
    /// How many entries the log had.
    let size: Int
    let root: Hash
    /// From that root to the one of the later epoch.
    let path: [Hash]

    public init(_ statement: EpochStatement, path: [Hash]) {
        self.init(size: statement.size, root: statement.root, path: path)
    }

    init(size: Int, root: Hash, path: [Hash]) {
        (self.size, self.root, self.path) = (size, root, path)
    }

    func isContinued(by later: EpochStatement) -> Bool {
        MerkleTree.extends(root, size: size, to: later.root, size: later.size, path)
    }

    /// Reads the statement in an epoch's file.
    ///
    /// - Throws: `ProofError` naming the file.
    public static func statement(file: URL) throws -> EpochStatement {
        let envelope = try SignedEnvelope(file: file)
        do {
            return try EpochStatement(reading: envelope.payload)
        } catch let error as ProofError { throw ProofError("\(file.path): \(error)") }
    }
}

extension ProofBundle {
    /// Finds the proof's log to be the one that `kept` was an epoch of.
    ///
    /// - Throws: `ProofError` where it is another, or where the proof does not show it.
    public func requireContinuation(of kept: EpochStatement) throws {
        let number = kept.epoch
        guard number <= epoch.epoch else {
            throw ProofError(
                "the proof ends with epoch \(epoch.epoch), before epoch \(number) that was kept: ask "
                    + "for a newer one"
            )
        }
        let shown =
            number == epoch.epoch
            ? (epoch.size, epoch.root)
            : material.since.flatMap { $0.size == kept.size ? ($0.size, $0.root) : nil }
        guard let shown else {
            throw ProofError(
                "the proof does not show that its log continues epoch \(number): ask for one made "
                    + "with `lineage proof --since` and that epoch's file"
            )
        }
        guard shown == (kept.size, kept.root) else {
            throw ProofError(
                "there are two histories: epoch \(number) was kept with the root \(kept.root), and "
                    + "the proof's has \(shown.1)"
            )
        }
    }
}
