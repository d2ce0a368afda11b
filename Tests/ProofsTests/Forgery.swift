import Foundation
import Jobs
@testable import Proofs

/// A log of rows that are made up, signed by who made them up. Whoever has a key can do that.
struct Forgery {
    struct Row {
        var table: String
        var key: String
        var columns: [String: JSON]
    }

    var rows: [Row] = []
    let key: SigningKey

    init(key: SigningKey = SigningKey()) { self.key = key }

    mutating func add(_ table: String, _ columns: [String: String?], key: String? = nil) {
        let values = columns.mapValues { $0.map { JSON.string($0) } ?? .null }
        let number = key ?? columns["seq"].flatMap { $0 } ?? "0"
        rows.append(Row(table: table, key: number, columns: values))
    }

    /// Changes a column of a row that is there.
    func setting(_ table: String, _ key: String, _ column: String, to value: JSON) -> Forgery {
        var other = self
        for place in rows.indices where rows[place].table == table && rows[place].key == key {
            other.rows[place].columns[column] = value
        }
        return other
    }

    var entries: [LogEntry] {
        var (previous, entries) = (Hash(), [LogEntry]())
        for (place, row) in rows.enumerated() {
            let payload = JSON.object([
                "key": .string(row.key), "row": .object(row.columns), "table": .string(row.table),
            ])
            let entry = LogEntry(
                stream: "data",
                number: place + 1,
                previous: previous,
                payload: Array(payload.canonical)
            )
            entries.append(entry)
            previous = entry.hash
        }
        return entries
    }

    func material(about subject: Digest = Forgery.digest("forgetful")) -> ProofMaterial {
        Forgery.material(entries, about: subject, key)
    }

    static func material(
        _ entries: [LogEntry],
        about subject: Digest,
        _ key: SigningKey
    ) -> ProofMaterial {
        let tree = MerkleTree(entries.map { MerkleTree.leaf($0.hash.bytes) })
        let size = entries.count
        let epoch = EpochStatement(
            epoch: 1,
            tree: (size, tree.root(size: size)),
            previous: nil,
            at: "2026-11-25T14:15:11.101505Z",
            heads: [:]
        )
        return ProofMaterial(
            subject: subject,
            entries: entries.enumerated().map { place, entry in
                .init(entry, leaf: place, path: tree.inclusionProof(of: place, size: size))
            },
            epoch: epoch.signed(by: key),
            key: key.verifying
        )
    }

    static func manifest(_ name: String) -> Data {
        JSON.object(["content": .string(content(name)), "output": "model"]).canonical
    }

    static func content(_ name: String) -> String { Digest(of: Data(name.utf8)).hex }
    static func digest(_ name: String) -> Digest { Digest(of: manifest(name)) }
}
