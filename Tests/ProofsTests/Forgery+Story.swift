import Foundation
import Jobs
@testable import Proofs

extension Forgery {
    private static let time = "2026-11-25 14:15:11.101505+00"

    /// A teacher, a checkpoint that unlearned a request, evidence of it, scores and a verdict.
    static func story() -> Forgery {
        var story = Forgery()
        story.artifact(1, "shapes", origins: "{1}")
        story.add("import", ["artifact": "1", "source": "builtin:shapes"], key: "1")
        story.run(1, "train", "diffusion")
        story.artifact(2, "teacher", generation: 1, origins: "{1}", run: "1", root: "2")
        story.edge(2, 1, "dataset", "1")
        story.artifact(3, "set", origins: "{3}")
        story.add("import", ["artifact": "3", "source": "forget:wish"], key: "3")
        story.run(2, "unlearn", "saddle")
        story.artifact(
            4,
            "forgetful",
            generation: 2,
            origins: "{1,3}",
            run: "2",
            root: "2",
            original: "2"
        )
        story.edge(4, 2, "init", "2")
        story.edge(4, 3, "forget_set", "2")
        story.request()
        story.measure()
        story.judge()
        return story
    }

    /// The same, and a student of the checkpoint that unlearned; its weights are new, or begin with
    /// its teacher's.
    static func student(itsOwnWeights: Bool) -> Forgery {
        var story = story()
        story.run(5, "distill", "moment_matching")
        story.artifact(
            5,
            "student",
            generation: 3,
            origins: "{1,3}",
            run: "5",
            root: itsOwnWeights ? "5" : "2",
            original: itsOwnWeights ? nil : "2"
        )
        story.edge(5, 4, "teacher", "5")
        if !itsOwnWeights { story.edge(5, 4, "init", "5") }
        story.rows.removeAll { $0.table == "metric" }
        return story
    }

    mutating func artifact(
        _ seq: Int,
        _ name: String,
        generation: Int = 0,
        origins: String,
        run: String? = nil,
        root: String? = nil,
        original: String? = nil
    ) {
        add(
            "artifact",
            [
                "seq": String(seq), "digest": "\\x" + Forgery.digest(name).hex,
                "content_digest": "\\x" + Forgery.content(name),
                "manifest_canonical": "\\x" + Array(Forgery.manifest(name)).hexadecimal,
                "generation": String(generation), "origin_roots": origins, "run": run,
                "weight_root": root ?? String(seq), "original": original,
            ]
        )
    }

    mutating func run(_ seq: Int, _ kind: String, _ method: String) {
        add(
            "run",
            ["seq": String(seq), "kind": kind, "method": method, "sealed_at": Forgery.time]
        )
    }

    mutating func edge(_ child: Int, _ parent: Int, _ role: String, _ run: String?) {
        add(
            "edge",
            ["child": String(child), "parent": String(parent), "role": role, "run": run],
            key: "\(child)/\(parent)/\(role)"
        )
    }

    private mutating func request() {
        guard let key = RequestKey([UInt8](repeating: 7, count: 32)) else { return }
        let opening = RequestOpening(of: ["circle"], under: key)
        add(
            "forget_request",
            [
                "seq": "1", "id": "3e0c0000-0000-4000-8000-000000000001", "name": "wish",
                "commitment": "\\x" + opening.commitment.root.hex, "items": "1",
                "policy": "default",
            ]
        )
        add(
            "forget_opening",
            [
                "seq": "1", "request": "1", "item_key": "\\x" + opening.itemKey.hexadecimal,
                "codes": "{" + opening.codes.map { "\"\\\\x\($0.hex)\"" }.joined() + "}",
            ]
        )
        add(
            "unlearn_application",
            [
                "seq": "1", "run": "2", "request": "1", "method": "saddle",
                "forget": "[\"circle\"]", "params_digest": "\\x00", "applied_at": Forgery.time,
            ]
        )
    }

    private mutating func measure() {
        let metrics = JSON.object([
            "integrity_normalised": [
                "value": .double(0.123456), "low": .double(0.05), "high": .double(0.2),
            ],
            "forget_samples": ["value": .int(2000)],
            "unlearning_accuracy": ["value": .double(0.99996)],
        ])
        let content = JSON.object([
            "subject": .string(Forgery.digest("forgetful").hex),
            "reference": .string(Forgery.digest("teacher").hex), "metrics": metrics,
        ]).canonical
        add("evaluator", ["seq": "1", "digest": "\\x" + Forgery.content("evaluator")])
        add(
            "evidence",
            [
                "seq": "1", "subject": "4", "reference": "2", "request": "1", "run": "3",
                "evaluator": "1", "protocol": "featdist", "floor": "0", "ceiling": "0.8",
                "n": "2000", "metrics": String(decoding: metrics.canonical, as: UTF8.self),
                "canonical": "\\x" + Array(content).hexadecimal,
                "digest": "\\x" + Digest(of: content).hex, "evaluated_at": Forgery.time,
            ]
        )
        add(
            "score",
            [
                "seq": "1", "evidence": "1", "formula": "1", "name": "integrity_score",
                "value": "0.876544", "ci_low": "0.8", "ci_high": "0.95", "raw": "0.123456",
            ]
        )
        add(
            "metric",
            [
                "seq": "1", "subject": "4", "reference": nil, "run": "4", "name": "accuracy",
                "value": "0.5", "low": "0.4", "high": "0.6", "recorded_at": Forgery.time,
            ]
        )
    }

    private mutating func judge() {
        add("policy", ["seq": "1", "name": "default", "version": "1", "recorded_at": Forgery.time])
        add(
            "verdict",
            [
                "seq": "1", "artifact": "4", "request": "1", "policy": "1", "evidence": "1",
                "result": "fail", "reasons": "{integrity,too_few_pairs}", "supersedes": nil,
                "decided_at": Forgery.time,
            ]
        )
    }

    /// What is told of rows that are there: a revocation, corrections, a new policy, a withdrawal.
    mutating func lapse() {
        add(
            "evaluator_event",
            ["seq": "1", "evaluator": "1", "event": "revoked", "recorded_at": Forgery.time]
        )
        for (seq, table) in ["verdict", "evidence", "score", "metric", "artifact"].enumerated() {
            add(
                "correction",
                [
                    "seq": String(seq + 1), "target_table": "lineage." + table,
                    "target_key": table == "artifact" ? "4" : "1", "reason": "mismeasured",
                    "replacement": nil, "recorded_at": Forgery.time,
                ]
            )
        }
        add("policy", ["seq": "2", "name": "default", "version": "2", "recorded_at": Forgery.time])
        add(
            "forget_request_event",
            ["seq": "1", "request": "1", "event": "withdrawn", "recorded_at": Forgery.time]
        )
    }
}
