import Jobs

extension ProofBundle {
    /// What was found of the checkpoint, and then of each of its ancestors that was unlearned.
    var findings: [String] {
        let path = claims.list("path")
        let metrics = claims.list("metrics").filter { $0["in_evidence"] != .bool(true) }
        let ancestors = (path.dropFirst() + claims.list("unlearned_beside")).filter {
            !$0.list("unlearned").isEmpty
        }
        return ["", "What was found of it:"] + path.prefix(1).flatMap(evidence(of:))
            + metrics.flatMap(metric) + path.prefix(1).flatMap(verdicts(on:))
            + ancestors.flatMap { step in
                ["", "What was found of \(step.short("artifact")), which it derives from:"]
                    + evidence(of: step) + verdicts(on: step)
            }
    }

    /// The evidence on one step of the way, with its scores.
    private func evidence(of step: JSON) -> [String] {
        let evidence = claims.list("evidence").filter { $0["subject"] == step["artifact"] }
        let scores = Dictionary(grouping: claims.list("scores")) { $0.word("evidence") }
        let none =
            "No evidence beside another checkpoint: none was recorded, or the signer left it out."
        return (evidence.isEmpty ? [none] : [])
            + evidence.flatMap { words($0, scores[$0.word("digest"), default: []]) }
    }

    private func words(_ item: JSON, _ scores: [JSON]) -> [String] {
        guard case .object(let metrics)? = item["metrics"] else { return [] }
        let request = item["request"]?.string.map { " for request \(shown($0))" } ?? ""
        // The ends of the scale have a line of their own.
        let names = metrics.keys.sorted().filter {
            !["integrity_floor", "integrity_ceiling"].contains($0)
        }
        return [
            "Evidence \(item.short("digest"))\(request), measured \(item.moment("at")):",
            """
              compared with \(item.short("reference")) on \(item.word("pairs")) pairs by \
            \(item.word("protocol")), evaluator \(item.short("evaluator"))
            """,
        ] + names.map { "  \(shown($0)) \(metrics[$0]?.measured ?? "")" }
            + [
                "  floor \(item["floor"]?.written ?? "none"), ceiling "
                    + (item["ceiling"]?.written ?? "none")
            ] + scores.flatMap(score) + lapses(item)
    }

    private func score(_ item: JSON) -> [String] {
        [
            """
              Score \(item.word("name")) \(item.measured) by formula \(item.word("formula")); raw \
            \(item["raw"]?.written ?? "none")
            """
        ] + lapses(item)
    }

    private func metric(_ item: JSON) -> [String] {
        let beside = item["reference"]?.string == nil ? "" : " beside \(item.short("reference"))"
        let line = "Metric \(item.word("name")) \(item.measured)\(beside)"
        return ["\(line), recorded \(item.moment("at"))"] + lapses(item)
    }

    /// The verdicts on one step of the way, and the requests that it was to fulfil and that have
    /// none here.
    private func verdicts(on step: JSON) -> [String] {
        let all = claims.list("verdicts").filter { $0["artifact"] == step["artifact"] }
        let judged = Set(all.map { $0.word("request") })
        let asked = step.list("unlearned").filter {
            $0["name"] != nil && !judged.contains($0.word("name"))
        }
        return all.flatMap(verdict)
            + asked.map { "No verdict on request \($0.word("name")) is in this proof." }
    }

    private func verdict(_ item: JSON) -> [String] {
        let state = item["current"] == .bool(true) ? "Verdict" : "Superseded verdict"
        let reasons = item.list("reasons").compactMap(\.string).map { why($0, item.word("result")) }
        let evidence =
            item["evidence"]?.string == nil
            ? "  it rests on no evidence" : "  on evidence \(item.short("evidence"))"
        return [
            "\(state) on request \(item.word("request")): \(item.word("result"))",
            """
              by policy \(item.word("policy")) version \(item.word("policy_version")), decided \
            \(item.moment("decided_at"))
            """, evidence,
        ] + reasons.map { "  \($0)" } + lapses(item)
    }

    private func lapses(_ item: JSON) -> [String] {
        item.list("lapsed").map { lapse in
            let (at, reason) = (lapse.moment("at"), lapse["reason"]?.string.map(shown) ?? "")
            let because =
                switch lapse["because"]?.string {
                case "evaluator_revoked": "its evaluator was revoked \(at)"
                case "no_parent_evidence":
                    "no evidence beside its direct parent counts, or the signer left it out"
                case "policy_replaced": "\(reason) of its policy came into force \(at)"
                case "request_withdrawn": "the request was withdrawn \(at)"
                case "request_superseded": "the request was superseded by another \(at)"
                default: "the \(corrected(lapse)) was corrected \(at), reason: \(reason)"
                }
            return "  It counts no more: \(because)."
        }
    }

    private func corrected(_ lapse: JSON) -> String {
        lapse.word("because").replacing("_corrected", with: "")
    }
}

/// Why a verdict is not a pass: a fact, or a gate of its policy. The ledger does not say apart which
/// gates of a verdict that fails were not decided, as where nothing was measured for them.
private func why(_ reason: String, _ result: String) -> String {
    let facts = [
        "unchanged": "its bytes are those of its original",
        "too_few_pairs": "fewer pairs were compared than the policy asks for",
        "floor_not_zero": "the original differs from itself when it is run again",
        "ceiling_not_above_floor": "other seeds make no more difference than the same ones",
        "items_not_compared": "what was forgotten was not compared with the request's items",
        "no_parent_evidence": "on enough pairs it was not compared with its direct parent",
    ]
    let gates = [
        "forgetting": "how often what was to be forgotten is recognised no more",
        "leak_null": "how much of it images without a condition show",
        "leak_retained": "how much of it images of what was retained show",
        "validity": "how often the images in its place are valid",
        "attack": "how often an attack brings it back",
        "integrity": "how far it differs from its original",
        "integrity_near": "how far it differs near what was forgotten",
    ]
    if let fact = facts[reason] { return "reason: \(fact)" }
    let state = result == "fail" ? "failed or not decided" : "not decided"
    return "gate \(state): \(shown(reason))" + (gates[reason].map { ", \($0)" } ?? "")
}
