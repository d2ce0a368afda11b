import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ProofTests {
    let sealed: Sealed
    let envelope: SignedEnvelope

    init() throws {
        sealed = try Sealed()
        try sealed.sealer.seal()
        envelope = try sealed.desk.ledger.proof(of: "forgetful", key: sealed.key)
    }

    @Test func `a proof says where a checkpoint comes from and what was found`() throws {
        let proof = try ProofBundle(reading: envelope.canonical, signedBy: sealed.key.verifying)
        let text = proof.sentences.joined(separator: "\n")
        let teacher = try sealed.desk.ledger.resolve("teacher").artifact.hex
        #expect(text.contains("Its original, before anything was unlearned, is \(teacher)"))
        #expect(text.contains(" by unlearn saddle, sealed 2") && text.contains("from forget_set "))
        #expect(text.contains("Evidence ") && text.contains("Score integrity_score 0.9 (0.8 to "))
        #expect(text.contains("integrity_normalised 0.1 (0.05 to 0.2)"))
        #expect(text.contains("Verdict on request job-"))
        #expect(text.contains("  gate not decided: forgetting, "))
        #expect(text.contains("does not prove that what was to be forgotten is absent"))
        #expect(text.contains("up to epoch 1, sealed 2"))
        #expect(text.contains("a later or left-out measurement or decision is not excluded"))
        #expect(try sealed.desk.ledger.proof(of: "forgetful", key: sealed.key) == envelope)
    }

    /// Nothing was measured of it beside another, and nothing says so.
    @Test func `a proof without evidence claims none`() throws {
        let text = try told(of: "teacher")
        #expect(text.contains("No evidence beside another checkpoint"))
        #expect(text.contains("This proves derivation and process."))
        #expect(!text.contains("this evidence"))
    }

    /// The revoked evaluator takes back what its teacher is worth, and so what the student is.
    @Test func `a student's proof tells what its unlearned teacher is worth`() throws {
        let text = try told(of: "student")
        let teacher = try sealed.desk.ledger.resolve("forgetful").artifact.hex.prefix(12)
        let parts = text.split(separator: "What was found of \(teacher), which it derives from:")
        #expect(parts.count == 2)
        #expect(parts[0].contains("No evidence beside another checkpoint"))
        for line in [
            "Evidence ", "Score integrity_score 0.9 (0.8 to ", "Verdict on request job-",
            "It counts no more: its evaluator was revoked",
        ] { #expect(parts[1].contains(line), "\(line) is not in \(text)") }
        #expect(text.contains("and that this evidence was recorded"))
    }

    private func told(of name: String) throws -> String {
        let proof = try sealed.desk.ledger.proof(of: name, key: sealed.key)
        return try ProofBundle(reading: proof.canonical).sentences.joined(separator: "\n")
    }

    @Test func `a proof of something that is in no epoch yet is refused`() throws {
        try sealed.desk.make(.train, "late")
        #expect(throws: ProofError.self) {
            try sealed.desk.ledger.proof(of: "late", key: sealed.key)
        }
        #expect(throws: ProofError.self) {
            try sealed.desk.ledger.proof(of: "shapes", key: sealed.key)
        }
    }

    /// Of two histories under the same numbers each has its own epoch.
    @Test func `a proof continues the epoch that was kept, and no other`() throws {
        let (ledger, key) = (sealed.desk.ledger, sealed.key)
        let kept = try KeptEpoch.statement(file: sealed.epochs[0])
        let other = try Sealed()
        let elsewhere = try #require(try other.sealer.seal())
        try sealed.desk.make(.train, "another")
        let newest = try #require(try sealed.sealer.seal())
        let bare = try ProofBundle(reading: ledger.proof(of: "forgetful", key: key).canonical)
        try bare.requireContinuation(of: newest)
        let proof = try ledger.proof(of: "forgetful", key: key, since: kept)
        let bundle = try ProofBundle(reading: proof.canonical, signedBy: key.verifying)
        try bundle.requireContinuation(of: kept)
        let told = "That log is the one of \(kept.size) entries with the root \(kept.root), grown."
        #expect(bundle.sentences.contains(told))
        let older = try ProofBundle(reading: envelope.canonical)
        for (refused, epoch, says) in [
            (bare, kept, "does not show that its log continues epoch 1"),
            (bundle, elsewhere, "there are two histories: epoch 1"),
            (older, elsewhere, "there are two histories: epoch 1"),
            (older, newest, "ends with epoch 1, before epoch 2"),
        ] {
            let error = #expect(throws: ProofError.self) {
                try refused.requireContinuation(of: epoch)
            }
            #expect(error?.description.contains(says) == true, "\(says)")
        }
        let refusal = #expect(throws: ProofError.self) {
            try ledger.proof(of: "forgetful", key: key, since: elsewhere)
        }
        #expect(refusal?.description.contains("is not one of this ledger's log") == true)
        // Nor does whoever has the key make it so.
        let statement = try JSONDecoder().decode(JSON.self, from: proof.payload)
        for other in statement.mutations(below: "since") {
            let forged = SignedEnvelope(other.canonical, type: ProofBundle.type, signedBy: key)
            #expect(throws: ProofError.self) { try ProofBundle(reading: forged.canonical) }
        }
    }

    @Test func `a proof by another key is refused where the key is known`() throws {
        let other = SigningKey().verifying
        #expect(throws: ProofError.self) {
            try ProofBundle(reading: envelope.canonical, signedBy: other)
        }
    }

    /// Whoever changes the file has no key.
    @Test func `no leaf of the file can be changed`() throws {
        let json = try JSONDecoder().decode(JSON.self, from: envelope.canonical)
        let files = json.mutations.map(\.canonical)
        #expect(files.count == 4)
        for file in files { #expect(throws: ProofError.self) { try ProofBundle(reading: file) } }
        var bytes = envelope.canonical
        for place in stride(from: 0, to: bytes.count, by: 97) {
            bytes[place] ^= 1
            #expect(throws: ProofError.self) { try ProofBundle(reading: bytes) }
            bytes[place] ^= 1
        }
    }

    /// Even whoever has the key cannot change a leaf of what is said: all of it follows from the
    /// entries, and those are in the epoch that was signed before.
    @Test func `no leaf of the statement can be changed and signed again`() throws {
        let statement = try JSONDecoder().decode(JSON.self, from: envelope.payload)
        let changed = statement.mutations
        #expect(changed.count > 300)
        for other in changed {
            let forged = SignedEnvelope(
                other.canonical,
                type: ProofBundle.type,
                signedBy: sealed.key
            )
            #expect(throws: ProofError.self) { try ProofBundle(reading: forged.canonical) }
        }
    }

    @Test func `an entry left out is missed`() throws {
        let bundle = try ProofBundle(reading: envelope.canonical)
        let material = bundle.material
        var refused = 0
        for place in material.entries.indices {
            var entries = material.entries
            entries.remove(at: place)
            let less = ProofMaterial(
                subject: material.subject,
                entries: entries,
                epoch: material.epoch,
                key: material.key
            )
            if (try? ProofBundle(less)) == nil { refused += 1 }
        }
        // Alone the teacher's own metrics, scores, verdicts and events stand on nothing else.
        #expect(refused > material.entries.count / 2)
    }
}

extension JSON {
    /// This statement once for each leaf of a member of its log, with that leaf changed.
    fileprivate func mutations(below name: String) -> [JSON] {
        guard case .object(var whole) = self, case .object(var predicate)? = whole["predicate"],
            case .object(var log)? = predicate["log"], let member = log[name]
        else { return [] }
        return member.mutations.map { changed in
            log[name] = changed
            predicate["log"] = .object(log)
            whole["predicate"] = .object(predicate)
            return .object(whole)
        }
    }

    /// This value once for each leaf, with that leaf changed.
    fileprivate var mutations: [JSON] {
        switch self {
        case .null: [.string("x")]
        case .bool(let value): [.bool(!value)]
        case .int(let value): [.int(value + 1)]
        case .double(let value): [.double(value + 1)]
        case .string(let text): [.string(text.isEmpty ? "x" : flipped(text))]
        case .array(let items):
            items.indices.flatMap { place in
                items[place].mutations.map { item in
                    var changed = items
                    changed[place] = item
                    return JSON.array(changed)
                }
            }
        case .object(let members):
            members.keys.sorted().flatMap { key in
                (members[key]?.mutations ?? []).map { member in
                    JSON.object(members.merging([key: member]) { $1 })
                }
            }
        }
    }
}

/// The text with its middle character changed.
private func flipped(_ text: String) -> String {
    var characters = Array(text)
    let middle = characters.count / 2
    characters[middle] = characters[middle] == "a" ? "b" : "a"
    return String(characters)
}
