import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// What somebody can make who signs proofs with a key of his own, or with the ledger's.
@Suite(.timeLimit(.minutes(3)))
struct ForgeryTests {
    let sealed: Sealed
    let bundle: ProofBundle

    init() throws {
        sealed = try Sealed()
        try sealed.desk.make(.unlearn, "other", from: ["original": "teacher"])
        try sealed.sealer.seal()
        let proof = try sealed.desk.ledger.proof(of: "forgetful", key: sealed.key)
        bundle = try ProofBundle(reading: proof.canonical)
    }

    /// A log of `entries` alone, signed by who made them up.
    private func forged(_ entries: [LogEntry]) -> ProofMaterial {
        let tree = MerkleTree(entries.map { MerkleTree.leaf($0.hash.bytes) })
        let size = entries.count
        let epoch = EpochStatement(
            epoch: 1,
            tree: (size, tree.root(size: size)),
            previous: nil,
            at: bundle.epoch.at,
            heads: [:]
        )
        return ProofMaterial(
            subject: bundle.material.subject,
            entries: entries.enumerated().map { place, entry in
                .init(entry, leaf: place, path: tree.inclusionProof(of: place, size: size))
            },
            epoch: epoch.signed(by: sealed.key),
            key: sealed.key.verifying
        )
    }

    private func entries(_ change: (JSON) -> JSON) throws -> [LogEntry] {
        try bundle.material.entries.map { item in
            let row = try JSON(parsing: Data(item.entry.payload))
            return LogEntry(
                stream: item.entry.stream,
                number: item.entry.number,
                previous: item.entry.previous,
                payload: Array(change(row).canonical)
            )
        }
    }

    @Test func `a log that is made up whole is still checked`() throws {
        _ = try ProofBundle(forged(entries { $0 }))
    }

    @Test func `another checkpoint's evidence and verdict are refused`() throws {
        let other = try sealed.desk.ledger.proof(of: "other", key: sealed.key)
        let own = try ProofBundle(reading: other.canonical).material
        let foreign = bundle.material.entries.filter { item in
            let text = String(decoding: item.entry.payload, as: UTF8.self)
            return ["evidence", "evaluator", "score", "verdict", "metric", "policy"].contains {
                text.hasSuffix("\"table\":\"\($0)\"}")
            }
        }
        #expect(foreign.count > 4)
        let swapped = ProofMaterial(
            subject: own.subject,
            entries: own.entries + foreign,
            epoch: own.epoch,
            key: own.key
        )
        let error = #expect(throws: ProofError.self) { try ProofBundle(swapped) }
        #expect(error?.description.contains("is not of the checkpoint") == true)
    }

    @Test func `a way that leads back to itself has no end and is refused`() throws {
        let ways = try entries { row in
            guard row["table"] == .string("edge"), row["row"]?["role"] == .string("init") else {
                return row
            }
            return row.setting("parent", to: row["row"]?["child"] ?? .null)
        }
        #expect(throws: ProofError.self) { try ProofBundle(forged(ways)) }
    }

    /// Whatever the rows hold, a proof is taken or refused, and nothing breaks.
    @Test func `no value of a row breaks the check`() throws {
        var random = SystemRandomNumberGenerator()
        let values: [JSON] = [
            .null, .string(""), .string("0"), .string("-1"), .string("9223372036854775807"),
            .string("-9223372036854775808"), .string("{}"), .string("{1,2}"), .string("\\x"),
            .string("\\xzz"), .string(String(repeating: "9", count: 400)), .int(1), .array([]),
        ]
        var refused = 0
        for _ in 0..<400 {
            let place = Int.random(in: 0..<bundle.material.entries.count, using: &random)
            var number = -1
            let changed = try entries { row in
                number += 1
                guard number == place, case .object(let members)? = row["row"],
                    let column = members.keys.randomElement(using: &random),
                    let value = values.randomElement(using: &random)
                else { return row }
                return row.setting(column, to: value)
            }
            if (try? ProofBundle(forged(changed))) == nil { refused += 1 }
        }
        #expect(refused > 50)
    }

    @Test func `a verdict that lapsed is told as lapsed`() throws {
        let text = bundle.sentences.joined(separator: "\n")
        #expect(text.contains("It counts no more: its evaluator was revoked 2"))
        try sealed.desk.connection.query(
            "SELECT lineage.correct('lineage.evidence', 1, 'mispaired')"
        )
        try sealed.sealer.seal()
        let later = try ProofBundle(sealed.desk.ledger.proof(of: "forgetful", key: sealed.key))
        #expect(later.sentences.contains { $0.contains("the evidence was corrected 2") })
    }
}

extension JSON {
    /// A row's payload with another value in a column.
    fileprivate func setting(_ column: String, to value: JSON) -> JSON {
        guard case .object(var members) = self, case .object(var row)? = members["row"] else {
            return self
        }
        row[column] = value
        members["row"] = .object(row)
        return .object(members)
    }
}

extension ProofBundle {
    fileprivate init(_ envelope: SignedEnvelope) throws {
        try self.init(reading: envelope.canonical)
    }
}
