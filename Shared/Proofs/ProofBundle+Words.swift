import Jobs

extension ProofBundle {
    /// What the proof shows, and what it does not, in plain words.
    public var sentences: [String] {
        var lines = ["Checkpoint \(material.subject) is proven to derive as follows."]
        for step in items(claims["path"]) { lines += words(step) }
        lines.append(origin)
        for item in items(claims["evidence"]) { lines.append(evidence(item)) }
        for item in items(claims["scores"]) { lines.append(score(item)) }
        for item in items(claims["verdicts"]) { lines.append(verdict(item)) }
        return lines + [
            """
            All \(material.entries.count) rows that say so are in the log that epoch \
            \(epoch.epoch) signed at \(epoch.at), among \(epoch.size) entries with the root \
            \(epoch.root).
            """,
            "Signed with the key \(material.key.id).",
            """
            This proves derivation and process, and that this evidence was recorded. It does not \
            prove that what was to be forgotten is absent from the weights, nor that the trainer \
            did what it recorded. It tells what was decided by epoch \(epoch.epoch); that nothing \
            was decided later, or left out by who made this file, it does not show.
            """,
        ]
    }

    private var origin: String {
        let root = claims["weight_root"]?.string ?? "none"
        guard let original = claims["original"]?.string else {
            return "Nothing was unlearned on the way; its weights began with \(root)."
        }
        return """
            Its original, before anything was unlearned, is \(original); its weights began with \
            \(root).
            """
    }

    private func words(_ step: JSON) -> [String] {
        let parents = items(step["parents"]).map { parent in
            "\(word(parent, "role")) \(word(parent, "artifact").prefix(12))"
        }
        let by = [step["made_by"]?.string, step["method"]?.string].compactMap { $0 }
        let from = parents.isEmpty ? "" : " from \(parents.joined(separator: ", "))"
        let made = by.joined(separator: " ")
        return ["  \(word(step, "artifact").prefix(12)) by \(made)\(from)"]
            + items(step["unlearned"]).map(unlearned)
    }

    private func unlearned(_ item: JSON) -> String {
        """
            unlearned request \(word(item, "request")) (\(word(item, "items")) items, \
        commitment \(word(item, "commitment").prefix(12))) by \(word(item, "method"))\
        \(committed(item))
        """
    }

    /// Whether what was forgotten is what the request commits to, where it was opened.
    private func committed(_ item: JSON) -> String {
        guard item["classes"] != nil else { return "" }
        let names = items(item["classes"]).compactMap(\.string).joined(separator: ", ")
        guard case .int(let beyond)? = item["beyond_commitment"], beyond > 0 else {
            return "; it forgot \(names), which is what the request commits to"
        }
        return "; it forgot \(names), all of what the request commits to and \(beyond) more"
    }

    private func evidence(_ item: JSON) -> String {
        """
        Evidence \(word(item, "digest").prefix(12)): compared with \
        \(word(item, "reference").prefix(12)) on \(word(item, "pairs")) pairs by \
        \(word(item, "protocol")), floor \(word(item, "floor")), ceiling \
        \(word(item, "ceiling")): \(word(item, "metrics"))
        """
    }

    private func score(_ item: JSON) -> String {
        """
        Score \(word(item, "name")) \(word(item, "value")) (\(word(item, "low")) to \
        \(word(item, "high"))) by formula \(word(item, "formula")); raw \(word(item, "raw"))
        """
    }

    private func verdict(_ item: JSON) -> String {
        let state = item["current"] == .bool(true) ? "Verdict" : "Superseded verdict"
        return """
            \(state) on request \(word(item, "request")): \(word(item, "result")) by policy \
            \(word(item, "policy")) version \(word(item, "policy_version")), \
            \(word(item, "decided_at"))\(lapsed(item))
            """
    }

    private func lapsed(_ item: JSON) -> String {
        let reasons = items(item["lapsed"]).compactMap(\.string)
        return reasons.isEmpty ? "" : "; it counts no more: \(reasons.joined(separator: "; "))"
    }

    private func items(_ value: JSON?) -> [JSON] {
        guard case .array(let items)? = value else { return [] }
        return items
    }

    private func word(_ item: JSON, _ name: String) -> String { item[name]?.string ?? "none" }
}
