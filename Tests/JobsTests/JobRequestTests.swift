import Foundation
import Jobs
import Testing

/// What the problem of a job says, or nil where the job is fine.
private func problem(_ yaml: String, kind: JobKind? = nil) -> String? {
    do {
        _ = try JobRequest(JSON(yaml: Data(yaml.utf8)), kind: kind, fallbackID: UUID())
        return nil
    } catch {
        return error.description
    }
}

struct JobRequestTests {
    @Test func `every job file that we ship can be read`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Compose/Jobs").standardized
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "yaml" }
        #expect(files.count >= 20)
        for file in files {
            let body = try JSON(yaml: Data(contentsOf: file))
            _ = try JobRequest(body, kind: nil, fallbackID: UUID())
        }
    }

    @Test(arguments: [
        (
            "kind: train\nspec: { method: difusion }",
            "spec.method is 'difusion'; it must be one of diffusion, classifier; "
                + "did you mean 'diffusion'?"
        ),
        (
            "kind: unlearn\nspec: { method: erase, forget: [x] }",
            "spec.method is 'erase'; it must be one of saddle, overwrite, gradient_ascent, "
                + "retain_finetune"
        ),
        (
            "kind: train\nspec: { method: diffusion, ema: .nan }\ninputs: { dataset: a }",
            "'ema' is \".nan\"; it must be a number"
        ),
        (
            "kind: train\nspec: { method: diffusion, ema: 1e999 }\ninputs: { dataset: a }",
            "'ema' is \"1e999\"; it must be a number"
        ),
        (
            "kind: train\nspec: { method: diffusion, work: { steps: 1.5 } }\ninputs: { dataset: a }",
            "work.steps is 1.5; it must be a whole number"
        ),
        (
            "kind: train\nspec: { method: diffusion, ema: 0.5, network: { blocks: [1, 2.5] } }\ninputs: { dataset: a }",
            "network.blocks.1 is 2.5; it must be a whole number"
        ),
        (
            "kind: train\nspec: { method: diffusion, network: { widths: 8 } }\ninputs: { dataset: a }",
            "'network.widths' is 8; it must be a list of numbers"
        ),
        (
            "kind: train\nspec: { method: diffusion, network: 8, flip: 1 }\ninputs: { dataset: a }",
            "'flip' is 1; it must be true or false; 'network' is 8; it must be an object"
        ),
        (
            "kind: train\nspec: { method: diffusion, loss: { kind: sigmoyd } }\ninputs: { dataset: a }",
            "loss.kind is 'sigmoyd'; it must be one of epsilon, sigmoid; did you mean 'sigmoid'?"
        ),
        (
            "kind: evaluate\nspec: { metrics: [fid, luck] }\ninputs: { subject: a }",
            "metrics.1 is 'luck'; it must be one of fid, accuracy, integrity, forgetting"
        ),
        (
            "kind: evaluate\nspec: { forget: [a, a] }\ninputs: { subject: a }",
            "spec.forget is [\"a\", \"a\"]; it must be a list without repetitions"
        ),
        ("kind: tarin\nspec: {}", "must be one of train, distill, unlearn, evaluate"),
        (
            "kind: train\nspec: { method: diffusion, loss: { kinds: x } }\ninputs: { dataset: a }",
            "'loss.kinds' is not a known field; did you mean 'kind'?"
        ),
        ("kind: train\nspec: { method: diffusion }", "inputs.dataset is missing"),
        (
            "kind: distill\nspec: { student_steps: 0 }\ninputs: { teacher: a, dataset: b }",
            "spec.student_steps is 0; it must be from 1 to 1024"
        ),
        (
            "kind: unlearn\nspec: { method: saddle }\ninputs: { original: a }",
            "spec.forget is []; it must be a list of at least one class name"
        ),
        (
            "kind: unlearn\nspec: { method: gradient_ascent, forget: [x] }\ninputs: { original: a }",
            "inputs.dataset is missing"
        ),
        (
            "kind: train\nspec: { method: diffusion }\ninputs: { dataset: a, teacher: b }",
            "inputs.teacher is not used by this job"
        ),
        (
            "kind: train\nname: 0123456789abcdef\nspec: { method: classifier }\ninputs: { dataset: a }",
            "name is"
        ),
        ("kind: train\njob_id: 7\nspec: { method: classifier }\ninputs: { dataset: a }", "UUID"),
        (
            "kind: train\npriority: 10\nspec: { method: classifier }\ninputs: { dataset: a }",
            "priority is 10; it must be a whole number from 0 to 9"
        ),
        (
            "kind: train\nspec: { method: classifier }\ninputs: { dataset: 7 }",
            "inputs.dataset is 7; it must be text: a name or a digest"
        ),
        (
            "kind: train\nspec: { method: classifier }\ninputs: [a]",
            "inputs is [\"a\"]; it must be an object from role to artifact"
        ),
        (
            "kind: train\ndeadline: soon\nspec: { method: classifier }\ninputs: { dataset: a }",
            "deadline is \"soon\"; it must be a time such as 2026-01-31T12:00:00Z"
        ),
        ("a: &x 1\nb: *x", "anchors"),
        ("kind: train\nkind: train", "'kind' is not a new key"),
    ])
    func `a bad job is refused with the field and what would be right`(yaml: String, says: String) {
        #expect(problem(yaml)?.contains(says) == true, "\(problem(yaml) ?? "accepted")")
    }

    @Test func `a job of the wrong kind names the topic where it belongs`() {
        let yaml = "kind: train\nspec: { method: classifier }\ninputs: { dataset: a }"
        #expect(problem(yaml, kind: .distill)?.contains("jobs.train.v1") == true)
    }

    @Test func `all problems of a spec are told at once`() {
        let yaml = """
            kind: train
            spec: { method: diffusion, ema: 2, label_dropout: -1, network: { patch: 0 } }
            inputs: { dataset: a }
            """
        let text = problem(yaml) ?? ""
        for field in ["spec.ema", "spec.label_dropout", "spec.network.patch"] {
            #expect(text.contains(field))
        }
    }

    @Test func `all problems of a job are told at once`() {
        let yaml = """
            kind: train
            job_id: 7
            name: 0123456789abcdef
            priority: high
            max_attempts: 0
            deadline: soon
            lables: {}
            spec: { method: diffusion, ema: 2 }
            inputs: { teacher: a }
            """
        let text = problem(yaml) ?? ""
        for part in [
            "job_id is 7", "name is", "priority is", "max_attempts is 0", "deadline is",
            "did you mean 'labels'?", "spec.ema is 2",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        let early = problem("spec: {}\npriority: 10") ?? ""
        #expect(early.contains("kind is missing") && early.contains("priority is 10"))
    }

    @Test func `a spec written out and read again is the same`() throws {
        for kind in JobKind.allCases {
            for method in JobSpec.methods(kind) {
                let given = JSON.object([
                    "method": .string(method), "forget": .array([.string("x")]),
                ])
                let plain = JSON.object(["method": .string(method)])
                let spec = try JobSpec(kind, kind == .unlearn ? given : plain)
                #expect(try JobSpec(kind, spec.json) == spec)
            }
        }
    }

    @Test func `classes to forget must exist and leave one over`() throws {
        let unknown = #expect(throws: SpecError.self) {
            try resolveForget(["cow"], classes: ["cat", "dog"])
        }
        #expect(
            unknown?.description
                == "forget names 'cow', which is not a class; the classes are cat, dog"
        )
        let all = #expect(throws: SpecError.self) {
            try resolveForget(["cat", "dog"], classes: ["cat", "dog"])
        }
        #expect(all?.description == "forget names every class; leave at least one to retain")
        #expect(try resolveForget(["dog"], classes: ["cat", "dog"]) == [1])
    }
}
