import Foundation
import Jobs

extension LoggedRows {
    /// What was measured of a checkpoint beside another.
    func claim(evidence: LoggedRow) throws -> JSON {
        let subject = try row("artifact", evidence.text("subject"))
        let reference = try row("artifact", evidence.text("reference"))
        try check(evidence, subject, reference)
        let evaluator = try row("evaluator", evidence.text("evaluator"))
        let request = try evidence["request"].map { try row("forget_request", $0) }
        let metrics = try evidence.json("metrics")
        guard case .object = metrics else {
            throw ProofError("evidence \(evidence.key) has no metrics")
        }
        return .object([
            "digest": .string(try evidence.hex("digest")),
            "subject": .string(try subject.hex("digest")),
            "reference": .string(try reference.hex("digest")),
            "request": text(try request?.text("name")),
            "evaluator": .string(try evaluator.hex("digest")),
            "protocol": .string(try evidence.text("protocol")), "metrics": metrics,
            "floor": try evidence.measure("floor"), "ceiling": try evidence.measure("ceiling"),
            "pairs": .int(try evidence.count("n")), "at": try evidence.time("evaluated_at"),
            "lapsed": .array(try lapses(ofEvidence: evidence)),
        ])
    }

    /// The digest is that of the content, and the content tells of the same pair.
    private func check(
        _ evidence: LoggedRow,
        _ subject: LoggedRow,
        _ reference: LoggedRow
    ) throws {
        let content = try evidence.bytes("canonical")
        guard try Hash(of: content).bytes == evidence.bytes("digest") else {
            throw ProofError("evidence \(evidence.key) has not the digest of its content")
        }
        let told = try? JSONDecoder().decode(JSON.self, from: Data(content))
        guard told?["subject"]?.string == (try subject.hex("digest")),
            told?["reference"]?.string == (try reference.hex("digest")),
            try told?["metrics"] == evidence.json("metrics")
        else { throw ProofError("evidence \(evidence.key) says other things than its content") }
    }

    func claim(score: LoggedRow) throws -> JSON {
        let evidence = try row("evidence", score.text("evidence"))
        return .object([
            "evidence": .string(try evidence.hex("digest")),
            "formula": .int(try score.number("formula")), "name": .string(try score.text("name")),
            "value": try score.measure("value"), "raw": try score.measure("raw"),
            "low": try score.measure("ci_low"), "high": try score.measure("ci_high"),
            "lapsed": .array(try lapses("score", score)),
        ])
    }

    /// Verdicts on one checkpoint for one request follow each other in one line.
    func checkVerdicts() throws {
        let verdicts = all("verdict")
        let before = verdicts.map {
            $0["supersedes"] ?? "the first on \($0["artifact"] ?? "") for \($0["request"] ?? "")"
        }
        guard Set(before).count == verdicts.count else {
            throw ProofError("two verdicts follow the same one")
        }
    }

    func claim(verdict: LoggedRow) throws -> JSON {
        let policy = try row("policy", verdict.text("policy"))
        let evidence = try verdict["evidence"].map { try row("evidence", $0) }
        let later = all("verdict", "supersedes", verdict.key)
        return .object([
            "artifact": .string(try row("artifact", verdict.text("artifact")).hex("digest")),
            "request": .string(
                try row("forget_request", verdict.text("request")).text("name")
            ),
            "result": .string(try verdict.text("result")),
            "reasons": .array(try verdict.list("reasons").map { .string($0) }),
            "policy": .string(try policy.text("name")),
            "policy_version": .int(try policy.number("version")),
            "evidence": text(try evidence?.hex("digest")),
            "decided_at": try verdict.time("decided_at"),
            "current": .bool(later.isEmpty),
            "lapsed": .array(try lapses(ofVerdict: verdict)),
        ])
    }

    /// A number that was measured of the subject, alone or beside another.
    ///
    /// `told` are the numbers that evidence of the same run has too.
    func claim(metric: LoggedRow, _ told: Set<String>) throws -> JSON {
        let reference = try metric["reference"].map { try row("artifact", $0) }
        return .object([
            "name": .string(try metric.text("name")), "value": try metric.measure("value"),
            "low": try metric["low"].map { _ in try metric.measure("low") } ?? .null,
            "high": try metric["high"].map { _ in try metric.measure("high") } ?? .null,
            "reference": text(try reference?.hex("digest")),
            "in_evidence": .bool(
                told.contains("\(try metric.text("run")) \(try metric.text("name"))")
            ),
            "at": try metric.time("recorded_at"),
            "lapsed": .array(try lapses("metric", metric)),
        ])
    }

    /// The numbers in all evidence, as "RUN NAME".
    var told: Set<String> {
        get throws {
            try all("evidence").reduce(into: []) { names, evidence in
                guard case .object(let metrics) = try evidence.json("metrics") else { return }
                let run = try evidence.text("run")
                names.formUnion(metrics.keys.map { "\(run) \($0)" })
            }
        }
    }

    /// That somebody said of a row that it was wrong.
    func claim(correction: LoggedRow) throws -> JSON {
        .object([
            "table": .string(try correction.text("target_table")),
            "key": .int(try correction.number("target_key")),
            "reason": .string(try correction.text("reason")),
            "replacement": text(correction["replacement"]),
            "at": try correction.time("recorded_at"),
        ])
    }
}
