import Foundation
import Jobs
import Postgres
import Records
import Store
import TestSupport
import Testing

/// What a stranger may send, and the sentence that he sees.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BadInputTests {
    private static let digest = String(repeating: "f", count: 64)

    /// Topic, body, and what the rejection says.
    private static let messages: [(JobKind, String, String)] = [
        (
            .train, #"{"spec": {"method": "difusion"}, "inputs": {"dataset": "tiny"}}"#,
            "spec.method is 'difusion'; it must be one of diffusion, classifier"
        ),
        (
            .train, #"{"spec": {"method": "classifier"}, "inputs": {"dataset": "nowhere"}}"#,
            "inputs.dataset: no artifact is known as 'nowhere'; give a name, a digest"
        ),
        (
            .train,
            #"{"spec": {"method": "diffusion", "network": {"levels": ["conv", "residual"]}}, "inputs": {"dataset": "tiny"}}"#,
            "network.levels.0 is 'conv'; it must be one of residual, transformer"
        ),
        (
            .train,
            #"{"spec": {"method": "diffusion", "ema": 1e999}, "inputs": {"dataset": "tiny"}}"#,
            "spec.ema is a number beyond what 64 bits can hold"
        ),
        (
            .train,
            #"{"spec": {"method": "diffusion", "ema": NaN}, "inputs": {"dataset": "tiny"}}"#,
            "the message is not valid JSON"
        ),
        (
            .train, #"{"kind": "distill", "spec": {}}"#,
            "kind is 'distill' on the topic of train jobs; publish it on jobs.distill.v1"
        ),
        (
            .distill,
            #"{"spec": {"student_steps": 0}, "inputs": {"teacher": "a", "dataset": "tiny"}}"#,
            "spec.student_steps is 0; it must be from 1 to 1024"
        ),
        (
            .distill, #"{"spec": {"method": "diffusion"}, "inputs": {"dataset": "tiny"}}"#,
            "spec.method is 'diffusion'; it must be one of moment_matching"
        ),
        (
            .unlearn,
            #"{"spec": {"method": "saddle", "forget": ["star"]}, "inputs": {"original": "tiny"}}"#,
            "inputs.original is 'tiny', a dataset; it must be a checkpoint"
        ),
        (
            .unlearn,
            #"{"spec": {"method": "saddle", "forget": ["star"]}, "inputs": {"original": "\#(digest)"}}"#,
            "inputs.original: no artifact is known as '\(digest)'"
        ),
    ]

    @Test func `what cannot be a job is rejected with what would be right`() throws {
        let stack = try TestStack(workers: [.train, .distill, .unlearn])
        for (kind, body, _) in BadInputTests.messages {
            try stack.publish(raw: body, to: kind.topic)
        }
        let wanted = BadInputTests.messages.count
        let details = try stack.wait { () -> [String]? in
            let rows = try stack.database.query("SELECT detail FROM queue.rejected")
            return rows.count < wanted ? nil : try rows.map { try $0.text("detail") }
        }
        for (_, body, says) in BadInputTests.messages {
            #expect(details.contains { $0.contains(says) }, "\(body)\n\(details)")
        }
        #expect(try stack.queue.jobs().isEmpty)
    }

    @Test func `what cannot be done fails once, with both sides named`() throws {
        let stack = try TestStack(workers: [.train, .unlearn])
        let data = #"{"dataset": "tiny"}"#
        func fail(
            _ kind: JobKind,
            _ spec: String,
            _ inputs: String,
            _ reason: JobFailure.Class,
            _ says: String
        ) throws {
            let status = try stack.finish(stack.publish(kind, spec, inputs: inputs))
            #expect(status.state == "failed" && status.attempt == 1)
            #expect(status.failure?.reason == reason, "\(status.failure?.description ?? "")")
            #expect(
                status.failure?.message.contains(says) == true,
                "\(status.failure?.message ?? "")"
            )
        }
        for (name, spec) in [("judge", Tiny.classifier), ("teacher", Tiny.teacher(steps: 2))] {
            let job = try stack.publish(.train, spec, inputs: data, name: name)
            #expect(try stack.finish(job).state == "succeeded")
        }
        let teacher = #"{"original": "teacher"}"#
        let (star, any) = (Tiny.forget("saddle", steps: 2), #""star""#)
        try fail(
            .unlearn,
            star.replacing(any, with: #""pentagon""#),
            teacher,
            .invalid,
            "forget names 'pentagon', which is not a class; the classes are circle, square"
        )
        let all = ["circle", "square", "triangle", "cross", "ring", "star", "bar", "dome"]
            .map { "\"\($0)\"" }.joined(separator: ", ")
        let everything = star.replacing(any, with: all)
        try fail(.unlearn, everything, teacher, .invalid, "forget names every class")
        try fail(
            .unlearn,
            star,
            #"{"original": "judge"}"#,
            .invalid,
            "is a vit; this job needs a uvit"
        )
        try fail(
            .train,
            Tiny.teacher(steps: 2).replacing(#""patch": 2"#, with: #""patch": 3"#),
            data,
            .invalid,
            "spec.network does not fit images of 16 pixels"
        )
        let ghost = Digest(of: Data("never put".utf8))
        try stack.ledger.register(
            JobOutput(
                name: "checkpoint",
                kind: "checkpoint",
                content: ghost,
                bytes: 0,
                info: .object([:])
            ),
            from: "test",
            name: "ghost"
        )
        try fail(
            .unlearn,
            star,
            #"{"original": "ghost"}"#,
            .permanent,
            "\(ghost) is not in the store"
        )
        let manifest = try stack.store.manifest(
            stack.ledger.resolve("teacher").content,
            format: "palimpsest.checkpoint.v1"
        )
        let weights = try #require(manifest.files["model.safetensors"])
        try Data("other bytes".utf8).write(to: stack.store.path(of: weights.digest))
        try fail(.unlearn, star, teacher, .permanent, "is damaged: its bytes have digest")
    }

    /// Rate 1 without clipping or warm-up: the weights overflow within some steps, and again in the
    /// one attempt from an earlier snapshot.
    @Test func `a loss that is no number ends the job and keeps its last snapshot`() throws {
        let stack = try TestStack(workers: [.train])
        let spec = Tiny.teacher(steps: 200, snapshots: 1).replacing(
            #""work": {"#,
            with: #"""
                "optimizer": {"learning_rate": 1, "clip_norm": 1e9, "warmup_steps": 0,
                "epsilon": 1e-20, "beta2": 0}, "work": {"precision": "fp32", 
                """#
        )
        let job = try stack.publish(.train, spec, inputs: #"{"dataset": "tiny"}"#)
        let status = try stack.finish(job)
        #expect(status.state == "failed" && status.attempt == 2)
        #expect(status.failure?.reason == .diverged, "\(status.failure?.description ?? "")")
        #expect(
            status.failure?.message.contains("is not finite") == true
                || status.failure?.message.contains("the loss of step") == true
        )
        #expect(try #require(status.snapshotStep) > 0)
    }

    /// The child fails as `resource`; once there is room again the job goes on from its snapshot.
    @Test(.enabled(if: canMount)) func `a full disk fails the attempt and loses nothing`() throws {
        let stack = try TestStack(workers: [.train], disk: "size=256m")
        let body = """
            {"job_id": "\(UUID().uuidString)", "max_attempts": 20, "inputs": {"dataset": "tiny"},
            "spec": \(Tiny.teacher(steps: 300, snapshots: 10))}
            """
        try stack.publish(raw: body, to: JobKind.train.topic)
        let job = try stack.wait {
            try stack.queue.jobs().first { $0.snapshotStep ?? 0 > 0 }?.job
        }
        let filler = try #require(URL(string: stack.store.url)).appending(path: "filler")
        try Data().write(to: filler)
        let handle = try FileHandle(forWritingTo: filler)
        #expect(throws: (any Error).self) {
            while true { try handle.write(contentsOf: Data(count: 1 << 16)) }
        }
        try handle.close()
        let failure = try stack.wait {
            try stack.queue.history(of: job).first { $0.reason == "retrying" }
        }
        #expect(failure.detail?.contains("the disk is full; free some space") == true)
        #expect(try stack.queue.status(of: job)?.failure?.reason == .resource)
        let partial = filler.deletingLastPathComponent().appending(path: "partial").path
        #expect(try FileManager.default.contentsOfDirectory(atPath: partial).isEmpty)
        try FileManager.default.removeItem(at: filler)
        let status = try stack.finish(job)
        #expect(status.state == "succeeded", "\(status.failure?.description ?? "")")
        #expect(status.attempt > 1)
    }
}

/// Whether a file system of our own can be mounted; says aloud where not.
private let canMount: Bool = {
    guard getuid() == 0 else {
        print("A full disk is not tested: only root can mount one")
        return false
    }
    return true
}()
