import Foundation
import Postgres
import Proofs
import Records
import Testing

/// What takes a verdict back is an entry of the proof and told with it: whenever the ledger holds a
/// checkpoint for cleansed no more, its proof says why.
@Suite(.timeLimit(.minutes(3)))
struct LapseTests {
    let story: Story
    let key = SigningKey()
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    init() throws {
        story = try Story()
        try story.run(
            """
            SELECT story.data('photos'), story.data('clean');
            SELECT story.train('judge', 'clean');
            SELECT story.train('teacher', 'photos');
            SELECT story.request('wish', 'photos');
            SELECT story.unlearn('forgetful', 'teacher', 'wish');
            SELECT story.evaluate('forgetful', 'teacher', 0.99, 0.1);
            """
        )
    }

    private func proof(of name: String = "forgetful") throws -> String {
        defer { try? FileManager.default.removeItem(at: folder) }
        try LogSealer(story.connection, key: key, folder: folder).seal()
        let proof = try Ledger(story.connection).proof(of: name, key: key)
        return try ProofBundle(reading: proof.canonical, signedBy: key.verifying).sentences
            .joined(separator: "\n")
    }

    @Test func `a verdict that stands is told with nothing against it`() throws {
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        let text = try proof()
        #expect(text.contains("\nVerdict on request wish: pass\n"))
        #expect(!text.contains("counts no more") && !text.contains("Correction"))
        #expect(text.contains("it forgot star, which is what the request commits to"))
    }

    @Test(arguments: [
        (
            "SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator",
            "It counts no more: its evaluator was revoked 2"
        ),
        (
            "SELECT lineage.correct('lineage.evidence', seq, 'mispaired') FROM lineage.evidence",
            "It counts no more: the evidence was corrected 2"
        ),
        (
            "SELECT lineage.correct('lineage.verdict', seq, 'hasty') FROM lineage.verdict",
            "It counts no more: the verdict was corrected 2"
        ),
        (
            "SELECT lineage.withdraw_verdict('forgetful', 'wish')",
            "Superseded verdict on request wish: pass"
        ),
        (
            """
            SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator;
            SELECT lineage.adopt_policy('default', 0.5, 0.2, 0.5, 0.5);
            SELECT lineage.revoke_evaluator(encode(digest, 'hex'), true) FROM lineage.evaluator
            """,
            "It counts no more: version 2 of its policy came into force 2"
        ),
    ])
    func `what the ledger holds for pending, the proof does not call passed`(
        sql: String,
        words: String
    ) throws {
        try story.run(sql)
        #expect(try story.status(["forgetful"]) == ["pending"])
        let text = try proof()
        #expect(text.contains(words), "\(text)")
    }

    @Test func `an evaluator that was restored counts again`() throws {
        try story.run(
            """
            SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator;
            SELECT lineage.revoke_evaluator(encode(digest, 'hex'), true) FROM lineage.evaluator;
            """
        )
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        #expect(try !proof().contains("counts no more"))
    }

    @Test func `a request that ended is told with its verdict and with its step`() throws {
        try story.run("SELECT lineage.withdraw_request('wish')")
        let text = try proof()
        #expect(text.contains("It counts no more: the request was withdrawn 2"))
        #expect(text.contains("      the request was withdrawn 2"))
    }

    @Test func `a request in another's place is told`() throws {
        try story.run("SELECT story.request('more', 'photos')")
        try story.run("SELECT lineage.withdraw_request('wish', 'more')")
        #expect(try proof().contains("the request was superseded by another 2"))
    }

    /// Whatever row it is of.
    @Test func `corrections of the way are told`() throws {
        try story.run(
            """
            SELECT lineage.correct('lineage.artifact', seq, 'mislabelled') FROM lineage.artifact
            WHERE digest = decode((SELECT artifact FROM lineage.describe('teacher')), 'hex');
            SELECT lineage.correct('lineage.run', 1, 'other');
            """
        )
        let text = try proof()
        #expect(text.contains("of lineage.artifact was said to be wrong 2"))
        #expect(text.contains("reason: mislabelled."))
        #expect(try !proof(of: "judge").contains("mislabelled"))
    }

    /// With the ledger's key: all of B's findings in A's proof, and each kind of them alone.
    @Test func `findings of another checkpoint are refused, whoever signs`() throws {
        try story.run(
            """
            SELECT story.unlearn('other', 'teacher', 'wish');
            SELECT story.evaluate('other', 'teacher', 0.99, 0.1);
            """
        )
        _ = try proof()
        let (own, foreign) = (try material("forgetful"), try material("other"))
        let kinds = ["evidence", "score", "verdict", "metric"]
        for taken in [kinds] + kinds.map({ [$0] }) {
            let swapped = ProofMaterial(
                subject: own.subject,
                entries: own.entries.filter { !taken.contains($0.table) }
                    + foreign.entries.filter { taken.contains($0.table) },
                epoch: own.epoch,
                key: own.key
            )
            #expect(throws: ProofError.self, "\(taken)") { try ProofBundle(swapped) }
        }
    }

    private func material(_ name: String) throws -> ProofMaterial {
        let proof = try Ledger(story.connection).proof(of: name, key: key)
        return try ProofBundle(reading: proof.canonical).material
    }
}

extension ProofMaterial.Entry {
    fileprivate var table: String {
        let text = String(decoding: entry.payload, as: UTF8.self)
        return text.split(separator: "\"table\":\"").last.map { String($0.dropLast(2)) } ?? ""
    }
}
