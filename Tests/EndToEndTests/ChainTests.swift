import Foundation
import Jobs
import Records
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct ChainTests {
    /// Train, distil, unlearn and evaluate by four workers; then the questions of an auditor.
    @Test func `an unlearned checkpoint leads back to its original`() throws {
        let stack = try TestStack(workers: JobKind.allCases)
        func succeed(_ kind: JobKind, _ spec: String, _ inputs: String, _ name: String) throws {
            let status = try stack.finish(stack.publish(kind, spec, inputs: inputs, name: name))
            #expect(status.state == "succeeded", "\(name): \(status.failure?.description ?? "")")
        }
        try succeed(.train, Tiny.classifier, #"{"dataset": "tiny"}"#, "judge")
        try succeed(.train, Tiny.teacher(steps: 10), #"{"dataset": "tiny"}"#, "teacher")
        let both = #"{"teacher": "teacher", "dataset": "tiny"}"#
        try succeed(.distill, Tiny.student(steps: 6), both, "student")
        try succeed(
            .unlearn,
            Tiny.forget("overwrite", steps: 4),
            #"{"original": "teacher"}"#,
            "forgetful"
        )
        let inputs = """
            {"subject": "forgetful", "original": "teacher", "classifier": "judge", "dataset": "tiny"}
            """
        let evaluation = try stack.finish(stack.publish(.evaluate, Tiny.evaluation, inputs: inputs))
        #expect(evaluation.state == "succeeded", "\(evaluation.failure?.description ?? "")")

        let origin = try stack.ledger.origin(of: "forgetful")
        #expect(origin.original?.name == "teacher")
        #expect(origin.weightRoot?.name == "teacher")
        #expect(try stack.ledger.origin(of: "student").original == nil)
        let version = try #require(stack.ledger.unlearned(from: "teacher").first)
        #expect(version.method == "overwrite" && version.forgotten == ["star"])
        #expect(version.forgetting != nil && version.integrity?.low != nil)

        let tree = try stack.palimpsest("lineage", "tree", "forgetful")
        #expect(tree.text.contains("unlearned star by overwrite"))
        #expect(try stack.palimpsest("lineage", "original", "forgetful").text.contains("teacher"))
        #expect(try stack.palimpsest("lineage", "unlearned", "teacher").text.contains("overwrite"))
        #expect(try stack.palimpsest("lineage", "original", "nothing").status == 1)
        #expect(try stack.palimpsest("doctor").status == 0)
    }
}
