import Foundation
import Jobs
@testable import Proofs
import Testing

/// Files that are made to hang or to break whoever checks them.
@Suite(.timeLimit(.minutes(1)))
struct HostileProofTests {
    /// An artifact that starts from itself, or two that start from each other.
    @Test(arguments: [[(1, 1)], [(1, 2), (2, 1)]])
    func `a way in a circle is refused`(edges: [(Int, Int)]) {
        for role in ["init", "merge", "dataset"] {
            var circle = Forgery()
            for (seq, name) in [(1, "forgetful"), (2, "other")] {
                circle.artifact(seq, name, origins: "{\(seq)}")
                circle.add("import", ["artifact": String(seq)], key: String(seq))
            }
            for edge in edges { circle.edge(edge.0, edge.1, role, nil) }
            #expect(throws: ProofError.self) { try ProofBundle(circle.material()) }
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1 << 53, Int.max])
    func `a number beyond all entries is refused`(number: Int) throws {
        let entries = Forgery.story().entries
        var changed = entries
        let first = entries[0]
        changed[0] = LogEntry(
            stream: first.stream,
            number: number,
            previous: first.previous,
            payload: first.payload
        )
        let key = SigningKey()
        let subject = Forgery.digest("forgetful")
        if number < 1 {
            #expect(throws: ProofError.self) {
                try ProofBundle(Forgery.material(changed, about: subject, key))
            }
        }
        let whole = Forgery.material(entries, about: subject, key)
        var items = whole.entries
        items[0] = .init(first, leaf: number == 0 ? entries.count : number, path: items[0].path)
        let moved = ProofMaterial(
            subject: subject,
            entries: items,
            epoch: whole.epoch,
            key: key.verifying
        )
        #expect(throws: ProofError.self) { try ProofBundle(moved) }
    }

    /// In the file itself, where JSON could say them.
    @Test(
        arguments: ["n", "leaf"],
        ["-9223372036854775808", "-1", "1e400", "0.5", "1e18", "\"1\""]
    )
    func `a number that is none is refused`(member: String, number: String) throws {
        let story = Forgery.story()
        let bundle = try ProofBundle(story.material())
        let text = String(decoding: bundle.statement.canonical, as: UTF8.self)
        let changed = text.replacing(
            try Regex("\"\(member)\":1,"),
            with: { _ in "\"\(member)\":\(number)," }
        )
        #expect(changed != text)
        let forged = SignedEnvelope(Data(changed.utf8), type: ProofBundle.type, signedBy: story.key)
        #expect(throws: ProofError.self) { try ProofBundle(reading: forged.canonical) }
    }

    @Test(arguments: [
        ("generation", "9223372036854775807"), ("generation", "-1"), ("generation", ""),
        ("origin_roots", "{}"), ("origin_roots", "{-1}"), ("origin_roots", "{"),
        ("origin_roots", "{99999999999999999999}"), ("weight_root", "-1"),
        ("digest", "\\x"), ("manifest_canonical", "\\xzz"), ("content_digest", ""),
    ])
    func `a column out of its range is refused`(column: String, value: String) {
        for key in ["1", "2", "4"] {
            let story = Forgery.story().setting("artifact", key, column, to: .string(value))
            #expect(throws: ProofError.self) { try ProofBundle(story.material()) }
        }
    }

    @Test(arguments: [
        "", "now", "infinity", "2026-13-01 00:00:00+00", "2026-11-25 25:00:00+00",
        "2026-11-25 14:15:11", "2026-11-25 14:15:11+00\nVerdict: pass", "+00", " +00",
    ])
    func `a time that is none is refused`(time: String) {
        let story = Forgery.story().setting("verdict", "1", "decided_at", to: .string(time))
        #expect(throws: ProofError.self) { try ProofBundle(story.material()) }
    }

    @Test func `a file that is too long, or deep, is refused`() {
        let long = Data(repeating: UInt8(ascii: "["), count: ProofBundle.limits.bytes + 1)
        let deep = Data(repeating: UInt8(ascii: "["), count: 1_000_000)
        for file in [long, deep, Data(), Data("null".utf8), Data([0xff, 0xfe, 0])] {
            #expect(throws: ProofError.self) { try ProofBundle(reading: file) }
        }
    }

    /// What rows point to each other would take too long to walk again for each of them.
    @Test func `a long history is checked in time`() throws {
        var long = Forgery()
        long.artifact(1, "step 1", origins: "{1}")
        long.add("import", ["artifact": "1"], key: "1")
        for step in 2...1_000 {
            long.run(step, "train", "diffusion")
            let name = step == 1_000 ? "forgetful" : "step \(step)"
            long.artifact(
                step,
                name,
                generation: step - 1,
                origins: "{1}",
                run: "\(step)",
                root: "1"
            )
            long.edge(step, step - 1, "init", "\(step)")
            for other in [1, step / 2] { long.edge(step, other, "dataset", "\(step)") }
        }
        long.rows = Dictionary(long.rows.map { ("\($0.table) \($0.key)", $0) }) { $1 }.values
            .sorted { ($0.table, $0.key) < ($1.table, $1.key) }
        #expect(try ProofBundle(long.material()).sentences.count > 2_000)
    }
}
