import Foundation
public import Jobs
import Postgres
public import Proofs

extension Ledger {
    /// Everything that the ledger can prove of the checkpoint that `reference` means, signed with
    /// `key`, the key of the log.
    ///
    /// The log is shown to continue the epoch `kept`, where one is given.
    ///
    /// - Throws: `ProofError` where an entry waits for an epoch, where the entries contradict each
    ///   other, or where the log is not the one of `kept`.
    public func proof(
        of reference: String,
        key: SigningKey,
        since kept: EpochStatement? = nil
    ) throws -> SignedEnvelope {
        try connection.transaction {
            try connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            let subject = try resolve(reference)
            guard ["checkpoint", "adapter"].contains(subject.kind) else {
                throw ProofError("'\(reference)' is a \(subject.kind); a checkpoint has a proof")
            }
            guard
                let row = try connection.query("SELECT * FROM lineage.log_envelope()").first,
                case let epoch = try SignedEnvelope(reading: Data(row.text("envelope").utf8))
            else { throw unsealed }
            let tree = try tree(of: EpochStatement(reading: epoch.payload))
            let material = ProofMaterial(
                subject: subject.artifact,
                entries: try entries(reference, tree),
                epoch: epoch,
                key: key.verifying,
                since: try kept.map { try way(from: $0, in: tree) }
            )
            let proof = try ProofBundle(material).signed(by: key)
            guard proof.canonical.count <= ProofBundle.limits.bytes else {
                throw ProofError("'\(reference)' has too long a history for one proof")
            }
            return proof
        }
    }

    /// - Throws: `ProofError` where the log up to there is another.
    private func way(from kept: EpochStatement, in tree: MerkleTree) throws -> KeptEpoch {
        guard kept.size <= tree.count, tree.root(size: kept.size) == kept.root else {
            throw ProofError("epoch \(kept.epoch) as it was kept is not one of this ledger's log")
        }
        return KeptEpoch(kept, path: tree.consistencyProof(from: kept.size, to: tree.count))
    }

    private func tree(of epoch: EpochStatement) throws -> MerkleTree {
        var leaves: [Hash] = []
        try connection.copy("SELECT hash FROM lineage.log_leaves()") { row in
            leaves.append(MerkleTree.leaf(row[0] ?? []))
        }
        guard leaves.count == epoch.size else {
            throw ProofError(
                "the log has \(leaves.count) sealed entries, its epoch says \(epoch.size)"
            )
        }
        return MerkleTree(leaves)
    }

    private func entries(_ reference: String, _ tree: MerkleTree) throws -> [ProofMaterial.Entry] {
        try connection.query(
            "SELECT * FROM lineage.proof_entries($1)",
            [.text(reference)]
        ).map { row in
            guard let leaf = try row.optionalInt("leaf") else { throw unsealed }
            guard let previous = Hash(hex: try row.text("prev")) else {
                throw ProofError("an entry of the log follows no hash")
            }
            let entry = LogEntry(
                stream: try row.text("stream"),
                number: try row.int("n"),
                previous: previous,
                payload: Array(try row.text("payload").utf8)
            )
            return ProofMaterial.Entry(
                entry,
                leaf: leaf,
                path: tree.inclusionProof(of: leaf, size: tree.count)
            )
        }
    }

    private var unsealed: ProofError {
        ProofError("not all of it is in a signed epoch yet; run `palimpsest lineage seal-log`")
    }

    /// What all exports of the artifact are written from, as it was known at `time`.
    public func provenance(of reference: String, asOf time: String = "infinity") throws -> JSON {
        let rows = try connection.query(
            "SELECT lineage.provenance($1, $2) AS provenance",
            [.text(reference), .text(time)]
        )
        return try single(rows, of: "lineage.provenance").json("provenance")
    }

    /// The OpenLineage event of the run that made the artifact; nil for an import.
    public func openLineageEvent(of reference: String) throws -> JSON? {
        let rows = try connection.query(
            "SELECT lineage.openlineage($1) AS event",
            [.text(reference)]
        )
        let row = try single(rows, of: "lineage.openlineage")
        return try row.optional("event") == nil ? nil : row.json("event")
    }
}
