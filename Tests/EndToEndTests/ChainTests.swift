import Foundation
import Jobs
import Postgres
import Records
import TestSupport
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
        try succeed(.train, Tiny.teacher(steps: 10), #"{"dataset": "tiny"}"#, "shapes-teacher")
        let both = #"{"teacher": "shapes-teacher", "dataset": "tiny"}"#
        try succeed(.distill, Tiny.student(steps: 6), both, "student")
        let request = try #require(readmeCommands().first { $0.contains("forget request") })
            .replacing("--dataset shapes", with: "--dataset tiny")
        let opened = try stack.palimpsest(
            request.split(separator: " ").dropFirst().map(String.init),
            in: nil
        )
        #expect(opened.status == 0, "\(opened.text)")
        // A job's message names its classes; the request says whether they are its items.
        let original = #"{"original": "shapes-teacher", "forget_request": "ann-42"}"#
        try stack.publish(.unlearn, Tiny.forget("overwrite", steps: 4), inputs: original)
        let closed = try stack.wait {
            try stack.database.query("SELECT detail FROM queue.rejected").first
        }
        #expect(try closed.text("detail").contains("palimpsest forget open ann-42"))
        #expect(try stack.palimpsest("forget", "open", "ann-42").status == 0)
        let spec = Tiny.forget("overwrite", steps: 4)
        try succeed(.unlearn, spec, original, "shapes-forget-overwrite")
        let inputs = """
            {"subject": "shapes-forget-overwrite", "original": "shapes-teacher", "classifier": "judge", "dataset": "tiny"}
            """
        let evaluation = try stack.finish(stack.publish(.evaluate, Tiny.evaluation, inputs: inputs))
        #expect(evaluation.state == "succeeded", "\(evaluation.failure?.description ?? "")")

        let origin = try stack.ledger.origin(of: "shapes-forget-overwrite")
        #expect(origin.original?.name == "shapes-teacher")
        #expect(origin.weightRoot?.name == "shapes-teacher")
        #expect(try stack.ledger.origin(of: "student").original == nil)
        let version = try #require(stack.ledger.unlearned(from: "shapes-teacher").first)
        #expect(version.method == "overwrite" && version.forgotten == ["star"])
        #expect(version.forgetting != nil && version.integrity?.low != nil)

        let strata = ["near", "far", "null", "worst"].map { "integrity_normalised_" + $0 }
        let measured = try stack.database.query(
            "SELECT metrics ?& '{\(strata.joined(separator: ","))}' AS all FROM lineage.evidence"
        )
        #expect(try measured.map { try $0.text("all") } == ["t"])

        // 14 pairs are too few to pass, and 10 steps to forget.
        let verdicts = try stack.database.query("SELECT result FROM lineage.verdicts")
        #expect(try verdicts.map { try $0.text("result") != "pass" } == [true])
        let status = try stack.palimpsest("lineage", "requests-status", "student").text
        #expect(status.contains("exposed") && status.contains("student ←"), "\(status)")
        #expect(try stack.palimpsest("forget", "list", "ann-42").text == "star\n")
        #expect(try stack.palimpsest("forget", "erase", "ann-42").status == 0)
        #expect(try stack.palimpsest("forget", "list", "ann-42").status == 64)

        // Each run names the program that did it.
        let program = Programs.folder.appending(path: "unlearning-worker")
        let code = try stack.database.query(
            "SELECT code, description FROM lineage.environment_of('shapes-forget-overwrite')"
        ).first
        #expect(try code?.text("code") == Digest(of: Data(contentsOf: program)).hex)
        #expect(try code?.text("description").contains("libtorch_cpu.so") == true)

        let maker = try stack.palimpsest("lineage", "environment-of", "student").text
        #expect(maker.contains(" libraries, machine ") && maker.count < 600, "\(maker)")

        let tree = try stack.palimpsest("lineage", "tree", "shapes-forget-overwrite")
        #expect(tree.text.contains("unlearned star by overwrite"))
        let says = [
            "original": "shapes-teacher", "tree": "overwrite", "unlearned": "overwrite",
            "requests-status": "ann-42", "exposed-deployments": "nothing",
        ]
        let questions = try readmeCommands().filter { $0.hasPrefix("palimpsest lineage ") }
        #expect(questions.count == 5)
        for question in questions {
            let words = question.split(separator: " ").dropFirst().map(String.init)
            let answer = try stack.palimpsest(words, in: nil)
            #expect(answer.status == 0, "\(question): \(answer.text)")
            #expect(answer.text.contains(says[words[1]] ?? "?"), "\(question): \(answer.text)")
        }
        #expect(try stack.palimpsest("lineage", "original", "nothing").status == 1)
        let report = try #require(
            stack.ledger.outputs(of: evaluation.job).first { $0.kind == "report" }
        )
        let forget = Tiny.forget("saddle", steps: 2)
        try stack.publish(.unlearn, forget, inputs: "{\"original\": \"\(report.artifact)\"}")
        let rejection = try stack.wait {
            try stack.database.query("SELECT detail FROM queue.rejected OFFSET 1").first
        }
        #expect(try rejection.text("detail").contains("a report; it must be a checkpoint"))
        #expect(try stack.palimpsest("doctor").status == 0)
        let queries = try readmeBlocks("sql")
        #expect(queries.count == 3)
        for query in queries { #expect(try !stack.database.query(query).isEmpty, "\(query)") }
    }
}
