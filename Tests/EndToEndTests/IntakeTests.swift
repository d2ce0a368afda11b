import Foundation
import Jobs
import Postgres
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct IntakeTests {
    /// Every bad message becomes a rejection that says why, and the good one after them runs.
    @Test func `bad messages are refused by name and block nothing`() throws {
        let stack = try TestStack(workers: [.train])
        let bad = [
            ("{", "JSON"), ("", "empty"), (#"{"spec": {"method": "difusion"}}"#, "'diffusion'"),
            (#"{"kind": "distill", "spec": {}}"#, "jobs.distill.v1"),
            (#"{"spec": {"method": "classifier"}, "inputs": {"dataset": "nowhere"}}"#, "nowhere"),
            (
                #"{"spec": {"method": "classifier", "width": -1}, "inputs": {"dataset": "tiny"}}"#,
                "spec.width is -1"
            ),
        ]
        for (body, _) in bad { try stack.publish(raw: body, to: "jobs.train.v1") }
        let good = try stack.publish(.train, Tiny.classifier, inputs: #"{"dataset": "tiny"}"#)
        #expect(try stack.finish(good).state == "succeeded")
        let details = try stack.database.query("SELECT detail FROM queue.rejected ORDER BY id")
            .map { try $0.text("detail") }
        #expect(details.count == bad.count)
        for ((_, says), detail) in zip(bad, details) { #expect(detail.contains(says), "\(detail)") }
    }

    @Test func `a job file is submitted, followed and listed`() throws {
        let stack = try TestStack(workers: [.train])
        let file = FileManager.default.temporaryDirectory.appending(
            path: UUID().uuidString + ".yaml"
        )
        defer { try? FileManager.default.removeItem(at: file) }
        let text = "kind: train\nname: judge\ninputs: { dataset: tiny }\nspec: \(Tiny.classifier)\n"
        try Data(text.utf8).write(to: file)
        let answer = try stack.palimpsest("submit", "--watch", file.path)
        #expect(answer.status == 0, "\(answer.text)")
        #expect(answer.text.contains("succeeded"))
        #expect(try stack.palimpsest("jobs").text.contains("judge"))
        let piped = "palimpsest submit --watch - < '\(file.path)'"
        let again = try Programs.shell(piped, stack.environment)
        #expect(again.status == 0 && again.text.contains("succeeded"), "\(again.text)")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            try stack.palimpsest("export", "judge", folder.path).text.contains("model.safetensors")
        )
        try Data("kind: train\nspec: { method: classifer }\n".utf8).write(to: file)
        let refused = try stack.palimpsest("submit", file.path)
        #expect(refused.status == 1 && refused.text.contains("did you mean 'classifier'?"))
    }

    /// What became of the messages before it says nothing of one that asks under the same id.
    @Test func `an answer to a submission is that to its own message`() throws {
        let stack = try TestStack(workers: [.train])
        let file = FileManager.default.temporaryDirectory.appending(
            path: UUID().uuidString + ".yaml"
        )
        defer { try? FileManager.default.removeItem(at: file) }
        func submit(_ id: String, dataset: String, more: String = "") throws -> Programs.Answer {
            let text = """
                { kind: train, job_id: \(id), inputs: { dataset: \(dataset) }, \(more)
                spec: \(Tiny.classifier) }
                """
            try Data(text.utf8).write(to: file)
            return try stack.palimpsest("submit", file.path)
        }
        let id = UUID().uuidString.lowercased()
        let early = try submit(id, dataset: "nowhere")
        #expect(early.status == 1 && early.text.contains("nowhere"), "\(early.text)")
        for _ in 1...2 {
            let taken = try submit(id, dataset: "tiny")
            #expect(taken.status == 0 && taken.text == id + "\n", "\(taken.text)")
        }
        let other = try submit(id, dataset: "tiny", more: "name: judge,")
        #expect(other.status == 1 && other.text.contains("is taken"), "\(other.text)")
        let keys = try (1...2).map { _ in
            try submit(UUID().uuidString, dataset: "tiny", more: "idempotency_key: once,")
        }
        #expect(keys[0].status == 0 && keys[0].text == keys[1].text, "\(keys)")
    }

    /// The README's kcat command, copied as it stands.
    @Test func `a job published with kcat as the README says runs`() throws {
        let stack = try TestStack(workers: [.train])
        let command = try #require(readmeBlocks("sh").first { $0.contains("kcat") })
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let home = folder.appending(path: ".palimpsest")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bootstrap = try #require(stack.environment["PALIMPSEST_KAFKA"])
        try Data(bootstrap.utf8).write(to: home.appending(path: "bootstrap"))
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", command.replacing("shapes", with: "tiny")]
        shell.currentDirectoryURL = folder
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let job = try stack.wait { try stack.queue.jobs().first }
        #expect(job.name == "judge" && job.method == "classifier")
        let running = try stack.wait {
            try stack.queue.status(of: job.job).flatMap { $0.step > 0 ? $0 : nil }
        }
        #expect(running.state == "running")
        _ = try stack.queue.cancel(job.job)
        #expect(try stack.finish(job.job).state == "cancelled")
    }

    /// A checkpoint that does not fit fails the job for good, naming both sides.
    @Test func `inputs that do not fit each other fail the job with a reason`() throws {
        let stack = try TestStack(workers: [.train, .unlearn])
        let judge = try stack.publish(
            .train,
            Tiny.classifier,
            inputs: #"{"dataset": "tiny"}"#,
            name: "judge"
        )
        #expect(try stack.finish(judge).state == "succeeded")
        let spec = Tiny.forget("saddle", steps: 2)
        let job = try stack.publish(.unlearn, spec, inputs: #"{"original": "judge"}"#)
        let status = try stack.finish(job)
        #expect(status.state == "failed" && status.attempt == 1)
        #expect(status.failure?.message.contains("is a vit; this job needs a uvit") == true)
    }
}
