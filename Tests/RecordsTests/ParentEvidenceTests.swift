import Foundation
import Postgres
import Proofs
import Records
import Testing

/// What began at an unlearned checkpoint is measured beside that too.
@Suite(.timeLimit(.minutes(2)))
struct ParentEvidenceTests {
    let story: Story

    /// `first` did not pass, so that what `second` forgot is all that counts.
    init() throws {
        story = try Story.tainted()
        try story.run(
            """
            SELECT story.unlearn('first', 'teacher', 'wish');
            SELECT story.unlearn('second', 'first', 'wish');
            """
        )
    }

    private func evaluate(beside reference: String, _ numbers: String = "0.99, 0.1") throws {
        try story.run("SELECT story.evaluate('second', '\(reference)', \(numbers))")
    }

    private func verdicts() throws -> [String] {
        try story.column("SELECT result || reasons::text FROM lineage.verdicts ORDER BY verdict")
    }

    private func proof() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = SigningKey()
        try LogSealer(story.connection, key: key, folder: folder).seal()
        let proof = try Ledger(story.connection).proof(of: "second", key: key)
        return try ProofBundle(reading: proof.canonical, signedBy: key.verifying).sentences
            .joined(separator: "\n")
    }

    @Test func `beside the original alone it waits, and what arrives later decides`() throws {
        try evaluate(beside: "teacher")
        #expect(try story.status(["second"]) == ["pending"])
        #expect(try verdicts() == ["inconclusive{no_parent_evidence}"])
        #expect(try proof().contains("it was not compared with its direct parent"))
        // On too few pairs, or of other classes, it is not measured.
        try evaluate(beside: "first", "0.99, 0.1, pairs => 50")
        try evaluate(beside: "first", "0.99, 0.1, forget => '{circle}'")
        #expect(try verdicts().count == 1)
        try evaluate(beside: "first")
        #expect(try story.status(["second"]) == ["cleansed"])
        #expect(try verdicts() == ["inconclusive{no_parent_evidence}", "pass{}"])
        // A second time nothing waits for it.
        try evaluate(beside: "first")
        #expect(try verdicts().count == 2)
        #expect(try !proof().contains("counts no more"))
        #expect(try RowVerifier(story.blueprint()).verify().findings == [])
    }

    @Test func `beside the parent first, the original decides at once`() throws {
        try evaluate(beside: "first")
        #expect(try verdicts() == [])
        #expect(story.refusal("SELECT lineage.judge('second', 'wish')") == "PL010")
        try evaluate(beside: "teacher")
        #expect(try verdicts() == ["pass{}"])
    }

    @Test func `what arrives later decides on the newest that has enough pairs`() throws {
        try evaluate(beside: "teacher", "0.05, 0.1")
        try evaluate(beside: "teacher")
        try evaluate(beside: "teacher", "0.05, 0.1, pairs => 50")
        try evaluate(beside: "first")
        #expect(
            try verdicts() == [
                "fail{forgetting,no_parent_evidence}", "inconclusive{no_parent_evidence}", "pass{}",
            ]
        )
    }

    @Test(arguments: [
        "SELECT lineage.withdraw_verdict('second', 'wish')",
        "SELECT lineage.correct('lineage.verdict', seq, 'mistaken') FROM lineage.verdict",
        "SELECT lineage.correct('lineage.evidence', seq, 'mispaired') FROM lineage.evidence",
    ])
    func `what was taken back does not come back with it`(sql: String) throws {
        try evaluate(beside: "teacher")
        try story.run(sql)
        try evaluate(beside: "first")
        #expect(try story.status(["second"]) == ["pending"])
    }

    /// Evidence beside the parent that counts no more takes the pass with it, until there is other.
    @Test func `a pass lapses with what was measured beside the parent`() throws {
        try evaluate(beside: "teacher")
        try evaluate(beside: "first")
        try story.run(
            "SELECT lineage.correct('lineage.evidence', max(seq), 'mispaired') FROM lineage.evidence"
        )
        #expect(try story.status(["second"]) == ["pending"])
        #expect(try proof().contains("It counts no more: no evidence beside its direct parent"))
        try evaluate(beside: "first")
        #expect(try story.status(["second"]) == ["cleansed"])
        #expect(try verdicts().count == 2)
        #expect(try !proof().contains("It counts no more: no evidence beside its direct parent"))
        #expect(try RowVerifier(story.blueprint()).verify().findings == [])
    }

    @Test func `one trained anew began at no parent`() throws {
        try story.run(
            """
            SELECT story.retrain('oracle', 'first', 'clean', 'wish');
            SELECT story.evaluate('oracle', 'teacher', 0.99, 0.9);
            """
        )
        #expect(try verdicts() == ["pass{}"])
    }
}
