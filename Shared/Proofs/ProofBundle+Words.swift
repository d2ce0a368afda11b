import Jobs

extension ProofBundle {
    /// What the proof shows, and what it does not, in plain words: one fact a line.
    public var sentences: [String] {
        let at = moment(epoch.at)
        return [
            "Checkpoint \(material.subject)",
            "as the ledger's log tells of it up to epoch \(epoch.epoch), sealed \(at).", "",
            "How it was made, the newest step first:",
        ] + claims.list("path").flatMap(words) + beside + origin + findings + corrections + [""]
            + ending
    }

    private var beside: [String] {
        let steps = claims.list("unlearned_beside")
        return (steps.isEmpty ? [] : ["What else it derives from and was unlearned:"])
            + steps.flatMap(words)
    }

    private var origin: [String] {
        let root = "Its weights began with \(claims.word("weight_root"))."
        guard claims["original"]?.string != nil else {
            return ["Nothing was unlearned on the way of its weights.", root]
        }
        let original = claims.word("original")
        return ["Its original, before anything was unlearned, is \(original).", root]
    }

    private func words(_ step: JSON) -> [String] {
        let method = step["method"]?.string.map { " \(shown($0))" } ?? ""
        let sealed = step["sealed_at"]?.string.map { ", sealed \(moment($0))" } ?? ""
        return ["  \(step.short("artifact")) by \(step.word("made_by"))\(method)\(sealed)"]
            + step.list("parents").map { "    from \($0.word("role")) \($0.short("artifact"))" }
            + step.list("unlearned").flatMap(unlearned)
    }

    private func unlearned(_ item: JSON) -> [String] {
        guard item["request"] != nil else {
            return ["    unlearned by \(item.word("method")), for no request that is recorded"]
        }
        return [
            """
                unlearned request \(item.word("name")) (id \(item.word("request")), \
            \(item.word("items")) items, commitment \(item.short("commitment"))) by \
            \(item.word("method"))
            """
        ] + committed(item) + ended(item)
    }

    /// Whether what was forgotten is what the request commits to, where it was opened.
    private func committed(_ item: JSON) -> [String] {
        guard item["classes"] != nil else {
            return ["      what the request commits to is not opened in this proof"]
        }
        let names = item.list("classes").compactMap(\.string).map(shown).joined(separator: ", ")
        guard case .int(let beyond)? = item["beyond_commitment"], beyond > 0 else {
            return ["      it forgot \(names), which is what the request commits to"]
        }
        return ["      it forgot \(names), all of what the request commits to and \(beyond) more"]
    }

    private func ended(_ item: JSON) -> [String] {
        guard let end = item["ended"], end != .null else { return [] }
        return ["      the request was \(end.word("event")) \(end.moment("at"))"]
    }

    private var corrections: [String] {
        claims.list("corrections").map { item in
            let instead =
                item["replacement"]?.string.map { "; row \(shown($0)) is in its place" } ?? ""
            return """
                Correction: row \(item.word("key")) of \(item.word("table")) was said to be wrong \
                \(item.moment("at")), reason: \(item.word("reason"))\(instead).
                """
        }
    }

    private var continued: [String] {
        material.since.map {
            ["That log is the one of \($0.size) entries with the root \($0.root), grown."]
        } ?? []
    }

    private var ending: [String] {
        let evidence =
            claims.list("evidence").isEmpty ? "" : ", and that this evidence was recorded"
        let number = epoch.epoch
        return [
            """
            All \(material.entries.count) rows that say so are in the log that epoch \(number) \
            signed, among \(epoch.size) entries with the root \(epoch.root).
            """
        ] + continued + [
            "Signed with the key \(material.key.id).",
            "Numbers are shown to four digits; the file has all of them.",
            "This proves derivation and process\(evidence).",
            "It does not prove that what was to be forgotten is absent from the weights.",
            "It does not prove that the trainer did what it recorded.",
            """
            It does not prove that nothing was decided after epoch \(number), nor that its signer \
            left nothing out: a later or left-out measurement or decision is not excluded.
            """,
        ]
    }
}
