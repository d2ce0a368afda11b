import Foundation
import Jobs
@testable import Proofs
import Testing

/// What a proof says to people.
struct WordingTests {
    private func text(_ story: Forgery, of name: String = "forgetful") throws -> String {
        try ProofBundle(story.material(about: Forgery.digest(name))).sentences
            .joined(separator: "\n")
    }

    @Test func `each fact has a line, with its numbers rounded`() throws {
        let text = try text(.story())
        for line in [
            "up to epoch 1, sealed 2026-11-25 14:15:11 UTC.", "  from init ",
            "    it forgot circle, which is what the request commits to",
            "  integrity_normalised 0.1235 (0.05 to 0.2)", "  forget_samples 2000",
            "  Score integrity_score 0.8765 (0.8 to 0.95) by formula 1; raw 0.1235",
            "Metric accuracy 0.5 (0.4 to 0.6), recorded", "Verdict on request wish: fail\n",
            "  gate failed or not decided: integrity, how far it differs from its original\n",
            "  reason: fewer pairs were compared than the policy asks for",
        ] { #expect(text.contains(line), "\(line) is not in \(text)") }
        #expect(!text.contains("counts no more"))
    }

    @Test(arguments: [true, false])
    func `an unlearned teacher has a part of its own`(itsOwnWeights: Bool) throws {
        let text = try text(.student(itsOwnWeights: itsOwnWeights), of: "student")
        let teacher = Forgery.digest("forgetful").hex.prefix(12)
        let parts = text.split(separator: "What was found of \(teacher), which it derives from:")
        #expect(parts.count == 2 && parts[0].contains("No evidence beside another checkpoint"))
        #expect(parts[1].contains("Verdict on request wish: fail\n"))
        #expect(parts[0].contains("What else it derives from and was unlearned:") == itsOwnWeights)
        #expect(parts[0].contains("    it forgot circle, which is what the request commits to"))
    }

    @Test func `all that lapsed is told`() throws {
        var story = Forgery.story()
        story.lapse()
        let text = try text(story)
        for because in [
            "its evaluator was revoked", "the evidence was corrected", "the score was corrected",
            "the verdict was corrected", "the metric was corrected",
            "version 2 of its policy came into force", "the request was withdrawn",
        ] { #expect(text.contains("It counts no more: \(because) 2026-11-25 14:15:11 UTC")) }
        #expect(text.contains("Correction: row 4 of lineage.artifact was said to be wrong"))
    }

    /// A share that is nearly all is not all.
    @Test(arguments: [
        ("0.99996", "0.99996"), ("0.5", "0.5"), ("0.123456", "0.1235"), ("1", "1"), ("0", "0"),
        ("2000", "2000"), ("1e-07", "1e-07"), ("1.23456789e-07", "1.235e-07"),
        ("12345.6", "12345.6"), ("-0.33333333", "-0.3333"), ("nan", "nan"),
    ])
    func `rounding makes no whole number of what is none`(text: String, short: String) {
        #expect(rounded(text) == short)
    }

    /// A text of the ledger's cannot look like a line of ours.
    @Test func `what cannot be seen is written as its code`() throws {
        #expect(shown("a\nVerdict: pass") == "a\\u{a}Verdict: pass")
        #expect(shown("\u{1b}[2J\u{202e}é") == "\\u{1b}[2J\\u{202e}é")
        #expect(shown(String(repeating: "x", count: 300)).count == 201)
        let name = JSON.string("wish\nVerdict on request wish: pass")
        let story = Forgery.story().setting("forget_request", "1", "name", to: name)
        #expect(try !text(story).contains("\nVerdict on request wish: pass"))
    }
}
