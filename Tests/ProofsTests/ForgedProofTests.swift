import Foundation
import Jobs
@testable import Proofs
import Testing

/// What whoever has a key, even the ledger's, may try: a proof that says what the rows do not.
@Suite(.timeLimit(.minutes(1)))
struct ForgedProofTests {
    private func refusal(_ forgery: Forgery, of name: String = "forgetful") -> String {
        do {
            let bundle = try ProofBundle(forgery.material(about: Forgery.digest(name)))
            return "taken: \(bundle.sentences)"
        } catch { return "\(error)" }
    }

    @Test func `rows that are made up and fit are read back`() throws {
        let story = Forgery.story()
        let made = try ProofBundle(story.material())
        let file = made.signed(by: story.key).canonical
        let read = try ProofBundle(reading: file, signedBy: story.key.verifying)
        #expect(read.sentences == made.sentences)
        #expect(throws: ProofError.self) {
            try ProofBundle(reading: file, signedBy: SigningKey().verifying)
        }
    }

    /// A row that points to the subject is its own; one that points elsewhere is not.
    @Test(arguments: [
        ("evidence", "1", "subject", "2"), ("evidence", "1", "reference", "3"),
        ("evidence", "1", "request", "2"), ("metric", "1", "subject", "2"),
        ("metric", "1", "reference", "3"), ("verdict", "1", "artifact", "2"),
        ("verdict", "1", "evidence", nil), ("unlearn_application", "1", "run", "1"),
        ("forget_request", "1", "policy", "other"), ("policy", "1", "name", "other"),
    ])
    func `a row of something else is refused`(
        table: String,
        key: String,
        column: String,
        value: String?
    ) {
        let value = value.map { JSON.string($0) } ?? .null
        let said = refusal(Forgery.story().setting(table, key, column, to: value))
        #expect(!said.hasPrefix("taken"), "\(said)")
    }

    @Test(arguments: [
        ("evaluator", ["seq": "2"]), ("policy", ["seq": "2", "name": "other", "version": "1"]),
        ("run", ["seq": "9", "kind": "train"]), ("deployment_event", ["seq": "1"]),
        ("forget_request", ["seq": "2", "policy": "default", "id": "x", "name": "other"]),
        ("evaluator_event", ["seq": "1", "evaluator": "2", "event": "revoked"]),
        ("score", ["seq": "2", "evidence": "2"]),
        ("forget_request_event", ["seq": "1", "request": "2", "event": "withdrawn"]),
        (
            "correction",
            ["seq": "1", "target_table": "lineage.verdict", "target_key": "2", "reason": "x"]
        ),
    ])
    func `a row that nothing leads to is refused`(table: String, columns: [String: String]) {
        var story = Forgery.story()
        story.add(table, columns)
        let said = refusal(story)
        #expect(
            said.contains("\(table) ") && said.contains("leaves out") || said.contains("not of")
        )
    }

    @Test func `an artifact, an edge and an import that lead nowhere are refused`() {
        var story = Forgery.story()
        story.artifact(5, "other", origins: "{5}")
        story.add("import", ["artifact": "5", "source": "elsewhere"], key: "5")
        #expect(refusal(story).contains("not of the checkpoint"))
        var second = Forgery.story()
        second.add("import", ["artifact": "4", "source": "elsewhere"], key: "4")
        #expect(refusal(second).contains("import 4 is not of the checkpoint"))
    }

    @Test func `a row under another row's key is refused`() {
        for (table, column) in [("evidence", "seq"), ("artifact", "seq"), ("edge", "parent")] {
            let key = table == "edge" ? "4/2/init" : table == "artifact" ? "4" : "1"
            let said = refusal(Forgery.story().setting(table, key, column, to: "7"))
            #expect(said.contains("another key"), "\(said)")
        }
    }

    @Test func `evidence whose content tells of another pair is refused`() {
        let content = JSON.object([
            "subject": .string(Forgery.digest("other").hex),
            "reference": .string(Forgery.digest("teacher").hex),
        ]).canonical
        let story = Forgery.story()
            .setting("evidence", "1", "canonical", to: .string("\\x" + Array(content).hexadecimal))
            .setting("evidence", "1", "digest", to: .string("\\x" + Digest(of: content).hex))
        #expect(refusal(story).contains("says other things than its content"))
    }

    /// Only of ancestors that were unlearned is anything told.
    @Test(arguments: [true, false])
    func `what is said of an ancestor is its own`(itsOwnWeights: Bool) {
        let student = Forgery.student(itsOwnWeights: itsOwnWeights)
        #expect(refusal(student, of: "student").hasPrefix("taken"))
        for (table, column) in [("evidence", "subject"), ("verdict", "artifact")] {
            for other in ["2", "5"] {
                let said = refusal(
                    student.setting(table, "1", column, to: .string(other)),
                    of: "student"
                )
                #expect(said.contains("\(table) 1 is not of"), "\(said)")
            }
        }
        let said = refusal(student.setting("artifact", "4", "original", to: "1"), of: "student")
        #expect(said.contains("artifact 4 names an original that is not its own"), "\(said)")
        var measured = student
        measured.add("metric", ["seq": "1", "subject": "4", "run": "4", "name": "accuracy"])
        #expect(refusal(measured, of: "student").contains("metric 1 is not of"))
    }

    /// Both were unlearned for one request; a verdict on the one rests on evidence of the other.
    @Test func `evidence of one unlearned checkpoint carries no verdict on another`() {
        var student = Forgery.student(itsOwnWeights: false)
        student.add(
            "unlearn_application",
            ["seq": "2", "run": "5", "request": "1", "method": "saddle", "forget": "[\"circle\"]"]
        )
        let moved = student.setting("run", "5", "kind", to: "unlearn")
            .setting("verdict", "1", "artifact", to: "5")
        #expect(refusal(moved, of: "student").contains("verdict 1 is not of"))
    }

    @Test func `verdicts that do not follow each other in one line are refused`() {
        var two = Forgery.story()
        guard var second = two.rows.last else { return }
        second.key = "2"
        second.columns["seq"] = "2"
        two.rows.append(second)
        #expect(refusal(two).contains("two verdicts follow the same"))
        let own = two.setting("verdict", "2", "supersedes", to: "2")
        #expect(refusal(own).contains("verdict 2 is not of"))
        let missing = two.setting("verdict", "2", "supersedes", to: "9")
        #expect(refusal(missing).contains("leaves out verdict 9"))
        #expect(refusal(two.setting("verdict", "2", "supersedes", to: "1")).hasPrefix("taken"))
    }
}
