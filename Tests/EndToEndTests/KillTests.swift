import Foundation
import Jobs
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct KillTests {
    /// run(0 → n) and run(0 → k, SIGKILL of the child, resume → n) end in one digest, for every
    /// kind.
    @Test func `a killed child's job ends in the digest of an unbroken one`() throws {
        let stack = try TestStack(workers: JobKind.allCases)
        let teacher = try stack.finish(
            stack.publish(
                .train,
                Tiny.teacher(steps: 5),
                inputs: #"{"dataset": "tiny"}"#,
                name: "teacher"
            )
        )
        #expect(teacher.state == "succeeded")
        let judge = try stack.publish(
            .train,
            Tiny.classifier,
            inputs: #"{"dataset": "tiny"}"#,
            name: "judge"
        )
        #expect(try stack.finish(judge).state == "succeeded")
        let cases: [(JobKind, String, String)] = [
            (.train, Tiny.teacher(steps: 80, snapshots: 20), #"{"dataset": "tiny"}"#),
            (
                .distill, Tiny.student(steps: 60, snapshots: 10),
                #"{"teacher": "teacher", "dataset": "tiny"}"#
            ),
            (
                .unlearn, Tiny.forget("saddle", steps: 60, snapshots: 10),
                #"{"original": "teacher"}"#
            ),
            (
                .evaluate, Tiny.longEvaluation,
                #"{"subject": "student", "original": "teacher", "classifier": "judge", "dataset": "tiny"}"#
            ),
        ]
        for (kind, spec, inputs) in cases {
            let name = kind == .distill ? "student" : nil
            let whole = try stack.publish(kind, spec, inputs: inputs, name: name)
            #expect(try stack.finish(whole).state == "succeeded")
            let broken = try stack.publish(kind, spec, inputs: inputs)
            let child = try stack.wait { () -> Int32? in
                guard let status = try stack.queue.status(of: broken),
                    let saved = status.snapshotStep, saved > 0
                else { return nil }
                return try stack.child(of: kind)
            }
            kill(child, SIGKILL)
            let status = try stack.finish(broken)
            #expect(status.state == "succeeded")
            #expect(status.attempt == 2)
            let digests = try [whole, broken].map {
                try stack.ledger.outputs(of: $0).map(\.content)
            }
            #expect(digests[0] == digests[1])
            let artifacts = try [whole, broken].map {
                try stack.ledger.outputs(of: $0).map(\.artifact)
            }
            #expect(artifacts[0] != artifacts[1])
        }
    }

    /// The lease of a killed worker runs out, and another takes the job up.
    @Test func `a killed worker's job is finished by the next`() throws {
        let stack = try TestStack(workers: [.train])
        let inputs = #"{"dataset": "tiny"}"#
        let job = try stack.publish(.train, Tiny.teacher(steps: 150, snapshots: 25), inputs: inputs)
        try stack.wait { try stack.queue.status(of: job)?.snapshotStep }
        try stack.replace(.train)
        let status = try stack.finish(job)
        #expect(status.state == "succeeded")
        let history = try stack.queue.history(of: job).map(\.reason)
        #expect(history.contains("lost"))
    }

    /// Before its first step the child draws samples of the original, here for hours.
    @Test func `a child that draws samples can be stopped`() throws {
        let stack = try TestStack(workers: [.train, .unlearn])
        let teacher = try stack.publish(
            .train,
            Tiny.teacher(steps: 1),
            inputs: #"{"dataset": "tiny"}"#,
            name: "teacher"
        )
        #expect(try stack.finish(teacher).state == "succeeded")
        let spec = Tiny.forget("saddle", steps: 2)
            .replacing(#""samples_per_class": 4"#, with: #""samples_per_class": 100000"#)
        let job = try stack.publish(.unlearn, spec, inputs: #"{"original": "teacher"}"#)
        let child = try stack.wait { try stack.child(of: .unlearn) }
        Thread.sleep(forTimeInterval: 3)
        kill(child, SIGTERM)
        try stack.wait {
            try stack.queue.history(of: job).contains { $0.reason == "released" } ? true : nil
        }
        _ = try stack.queue.cancel(job)
        #expect(try stack.finish(job).state == "cancelled")
    }

    @Test func `a cancelled job ends and its child is gone`() throws {
        let stack = try TestStack(workers: [.train])
        let inputs = #"{"dataset": "tiny"}"#
        let job = try stack.publish(.train, Tiny.teacher(steps: 1_000_000), inputs: inputs)
        let child = try stack.wait { try stack.child(of: .train) }
        #expect(try stack.queue.cancel(job) == .requested)
        #expect(try stack.finish(job).state == "cancelled")
        #expect(kill(child, 0) != 0)
    }
}
