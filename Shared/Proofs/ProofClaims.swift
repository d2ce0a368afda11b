import Foundation
import Jobs

/// What a proof says in short, computed from its rows alone.
struct ProofClaims {
    let json: JSON

    /// - Throws: `ProofError` where the entries do not show what they should, or contradict
    ///   each other.
    init(about subject: Digest, from entries: [LogEntry]) throws {
        let rows = try LoggedRows(entries)
        let derivation = try Derivation(of: subject, in: rows)
        let start = derivation.path[0]
        func digest(_ column: String) throws -> JSON {
            guard let key = start[column] else { return .null }
            return .string(try rows.row("artifact", key).hex("digest"))
        }
        json = .object([
            "artifact": .string(subject.hex), "content": .string(try start.hex("content_digest")),
            "original": try digest("original"), "weight_root": try digest("weight_root"),
            "path": .array(try derivation.path.map { try derivation.claim($0) }),
            "evidence": .array(
                try rows.all("evidence", of: start, by: "subject").map {
                    try rows.claim(evidence: $0)
                }
            ),
            "scores": .array(try rows.all("score").map { try rows.claim(score: $0) }),
            "verdicts": .array(
                try rows.all("verdict", of: start, by: "artifact").map {
                    try rows.claim(verdict: $0)
                }
            ),
        ])
        _ = try rows.all("metric", of: start, by: "subject")
    }
}

extension Derivation {
    /// How one artifact on the way was made.
    fileprivate func claim(_ step: LoggedRow) throws -> JSON {
        let run = try run(of: step)
        let applied = try run.map { try applications(of: $0) } ?? []
        return .object([
            "artifact": .string(try step.hex("digest")),
            "made_by": .string(run?["kind"] ?? "import"), "method": text(run?["method"]),
            "sealed_at": text(run?["sealed_at"]),
            "parents": .array(
                try parents(of: step).map {
                    .object([
                        "role": .string($0.role),
                        "artifact": .string(try $0.artifact.hex("digest")),
                    ])
                }
            ),
            "unlearned": .array(try applied.map { try claim(application: $0) }),
        ])
    }

    private func claim(application: LoggedRow) throws -> JSON {
        let request = try application["request"].map { try self.request($0) }
        var members: [String: JSON] = [
            "method": text(application["method"]),
            "params_digest": text(application["params_digest"]),
            "applied_at": text(application["applied_at"]), "request": text(request?["id"]),
            "commitment": text(try request?.hex("commitment")), "items": text(request?["items"]),
        ]
        if let opening = try request.flatMap(opening) {
            let classes = try classes(of: application)
            let differs = opening.differences(from: classes)
            guard differs.uncovered == 0 else {
                let row = "application \(application.key)"
                throw ProofError("\(row) forgets less than its request commits to")
            }
            members["classes"] = .array(classes.map { .string($0) })
            members["beyond_commitment"] = .int(differs.surplus)
        }
        return .object(members)
    }

    /// The classes that a run forgot, as its spec named them.
    private func classes(of application: LoggedRow) throws -> [String] {
        let data = Data(try application.text("forget").utf8)
        guard let classes = try? JSONDecoder().decode([String].self, from: data) else {
            throw ProofError("application \(application.key) names no list of classes")
        }
        return classes
    }
}

extension LoggedRows {
    fileprivate func claim(evidence: LoggedRow) throws -> JSON {
        guard try Hash(of: evidence.bytes("canonical")).bytes == evidence.bytes("digest") else {
            throw ProofError("evidence \(evidence.key) has not the digest of its content")
        }
        let reference = try row("artifact", evidence.text("reference"))
        let evaluator = try row("evaluator", evidence.text("evaluator"))
        return .object([
            "digest": .string(try evidence.hex("digest")),
            "reference": .string(try reference.hex("digest")),
            "request": text(try request(of: evidence)?["id"]),
            "evaluator": .string(try evaluator.hex("digest")),
            "protocol": text(evidence["protocol"]),
            "metrics": text(evidence["metrics"]), "floor": text(evidence["floor"]),
            "ceiling": text(evidence["ceiling"]), "pairs": text(evidence["n"]),
        ])
    }

    private func request(of evidence: LoggedRow) throws -> LoggedRow? {
        try evidence["request"].map { try row("forget_request", $0) }
    }

    fileprivate func claim(score: LoggedRow) throws -> JSON {
        let evidence = try row("evidence", score.text("evidence"))
        return .object([
            "evidence": .string(try evidence.hex("digest")), "formula": text(score["formula"]),
            "name": text(score["name"]), "value": text(score["value"]), "raw": text(score["raw"]),
            "low": text(score["ci_low"]), "high": text(score["ci_high"]),
        ])
    }

    fileprivate func claim(verdict: LoggedRow) throws -> JSON {
        let policy = try row("policy", verdict.text("policy"))
        let evidence = try verdict["evidence"].map { try row("evidence", $0) }
        let superseded = try all("verdict").contains { $0["supersedes"] == verdict.key }
        return .object([
            "request": text(try row("forget_request", verdict.text("request"))["id"]),
            "result": text(verdict["result"]), "reasons": text(verdict["reasons"]),
            "policy": text(policy["name"]), "policy_version": text(policy["version"]),
            "evidence": text(try evidence?.hex("digest")),
            "decided_at": text(verdict["decided_at"]),
            "current": .bool(!superseded),
            "lapsed": .array(try lapses(of: verdict, on: evidence).map { .string($0) }),
        ])
    }

    /// Why a verdict counts no more.
    private func lapses(of verdict: LoggedRow, on evidence: LoggedRow?) throws -> [String] {
        var reasons: [String] = []
        let evaluator = evidence?["evaluator"]
        let last = try all("evaluator_event").last { $0["evaluator"] == evaluator }
        if evaluator != nil, let last, last["event"] == "revoked" {
            reasons.append("its evaluator was revoked at \(try last.text("recorded_at"))")
        }
        for (table, row) in [("verdict", verdict), ("evidence", evidence)] {
            let wrong = try all("correction").last {
                $0["target_table"] == "lineage." + table && $0["target_key"] == row?.key
            }
            guard row != nil, let wrong else { continue }
            let (reason, at) = (try wrong.text("reason"), try wrong.text("recorded_at"))
            reasons.append("its \(table) was corrected at \(at): \(reason)")
        }
        let ended = try all("forget_request_event").last { $0["request"] == verdict["request"] }
        if let ended {
            let (event, at) = (try ended.text("event"), try ended.text("recorded_at"))
            reasons.append("the request was \(event) at \(at)")
        }
        return reasons
    }
}

private func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
