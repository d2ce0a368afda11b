import Foundation
import Jobs
@testable import Proofs
import Testing

/// Bundles with random changes, each signed anew: verifying throws or returns, and does so in time.
@Suite(.timeLimit(.minutes(5)))
struct FuzzedProofTests {
    private static let values: [JSON] = [
        .null, .bool(true), .int(0), .int(-1), .int(Int.max), .int(Int.min), .int(1 << 60),
        .double(0.5), .double(-1e300), .array([]), .object([:]), "", "0", "-1", "1", "2", "3", "4",
        "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e308", "nan",
        "{}", "{1}", "{4}", "{1,1,1}", "\\x", "\\x00", "\\xzz", "init", "merge", "unlearn",
        "retrain", "withdrawn", "revoked", "[]", "[\"circle\"]", "{\"a\":{\"value\":1e5}}",
        "lineage.evidence", "2026-11-25 14:15:11+00", "\u{0}\u{1b}[2J\n\u{202e}", "é", "\u{1F600}",
        .string(String(repeating: "9", count: 5_000)), .string(String(repeating: "{", count: 600)),
        .string(String(repeating: "ab", count: 64)),
    ]

    private static func story() -> Forgery {
        var story = Forgery.story()
        story.lapse()
        return story
    }

    /// Rows with other columns, keys and tables; rows dropped, doubled and swapped.
    @Test func `no change of rows breaks the check`() {
        var random = Generator(state: 1)
        var taken = 0
        for _ in 0..<600 {
            var story = FuzzedProofTests.story()
            for _ in 0...Int.random(in: 0..<3, using: &random) { story.change(&random) }
            guard let bundle = try? ProofBundle(story.material()) else { continue }
            taken += 1
            #expect(!bundle.sentences.contains { $0.contains("\n") || $0.contains("\u{1b}") })
            let file = bundle.signed(by: story.key).canonical
            #expect((try? ProofBundle(reading: file, signedBy: story.key.verifying)) != nil)
        }
        #expect(taken > 50 && taken < 1_450, "\(taken)")
    }

    /// Values of the statement and of the epoch in it, whatever their place.
    @Test func `no change of the statement breaks the check`() throws {
        let story = FuzzedProofTests.story()
        let statement = try ProofBundle(story.material()).statement
        var random = Generator(state: 2)
        for _ in 0..<200 {
            let changed = statement.changed(&random)
            let file = SignedEnvelope(
                changed.canonical,
                type: ProofBundle.type,
                signedBy: story.key
            ).canonical
            guard changed != statement else { continue }
            #expect(throws: ProofError.self) { try ProofBundle(reading: file) }
        }
    }

    @Test func `no change of the epoch breaks the check`() throws {
        let story = FuzzedProofTests.story()
        let material = story.material()
        let epoch = try JSONDecoder().decode(JSON.self, from: material.epoch.payload)
        var random = Generator(state: 3)
        for _ in 0..<400 {
            let changed = epoch.changed(&random)
            let other = ProofMaterial(
                subject: material.subject,
                entries: material.entries,
                epoch: SignedEnvelope(
                    changed.canonical,
                    type: EpochStatement.type,
                    signedBy: story.key
                ),
                key: material.key
            )
            _ = try? ProofBundle(other).sentences
        }
    }

    static func value(_ random: inout Generator) -> JSON {
        values.randomElement(using: &random) ?? .null
    }
}

extension Forgery {
    fileprivate mutating func change(_ random: inout Generator) {
        let (one, two) = (
            Int.random(in: 0..<rows.count, using: &random),
            Int.random(in: 0..<rows.count, using: &random)
        )
        switch Int.random(in: 0..<10, using: &random) {
        case 0: rows.remove(at: one)
        case 1: rows.append(rows[one])
        case 2: rows.swapAt(one, two)
        case 3: rows[one].key = String(Int.random(in: -1..<6, using: &random))
        case 4: rows[one].table = rows[two].table
        case 5: rows[one].columns = rows[two].columns
        default:
            let column = rows[one].columns.keys.sorted().randomElement(using: &random) ?? ""
            rows[one].columns[column] =
                Bool.random(using: &random)
                ? FuzzedProofTests.value(&random) : rows[two].columns[column] ?? .null
        }
    }
}

extension JSON {
    /// This value with one thing in it changed.
    fileprivate func changed(_ random: inout Generator) -> JSON {
        switch self {
        case .object(var members) where Int.random(in: 0..<20, using: &random) > 0:
            guard let key = members.keys.sorted().randomElement(using: &random) else { break }
            members[key] = members[key]?.changed(&random)
            return .object(members)
        case .array(var items) where !items.isEmpty:
            let place = Int.random(in: 0..<items.count, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: items.remove(at: place)
            case 1: items.append(items[place])
            case 2: items.swapAt(place, 0)
            case 3: items = []
            default: items[place] = items[place].changed(&random)
            }
            return .array(items)
        default: break
        }
        return FuzzedProofTests.value(&random)
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014), so that a failure can be seen again.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
