import Jobs

/// What makes a row count no more, though nothing in the row itself changed: what the ledger's own
/// `lineage.passing` asks, and whether anybody still wants it.
extension LoggedRows {
    /// That `row`, which is told as `name`, was said to be wrong.
    func lapses(_ name: String, _ row: LoggedRow) throws -> [JSON] {
        guard let first = corrections(of: row).first else { return [] }
        return [
            lapse("\(name)_corrected", try first.time("recorded_at"), try first.text("reason"))
        ]
    }

    func lapses(ofEvidence evidence: LoggedRow) throws -> [JSON] {
        let events = all("evaluator_event", "evaluator", try evidence.text("evaluator"))
        var found = try lapses("evidence", evidence)
        if let last = events.last, try last.text("event") == "revoked" {
            found.insert(lapse("evaluator_revoked", try last.time("recorded_at")), at: 0)
        }
        return found
    }

    func lapses(ofVerdict verdict: LoggedRow) throws -> [JSON] {
        let evidence = try verdict["evidence"].map { try row("evidence", $0) }
        let policy = try row("policy", verdict.text("policy"))
        let request = try row("forget_request", verdict.text("request"))
        var found = try evidence.map { try lapses(ofEvidence: $0) } ?? []
        found += try lapses("verdict", verdict) + lapses(besideParentOf: verdict, policy)
        let newest = try all("policy", "name", policy.text("name")).last
        if let newest, newest.key != policy.key {
            let version = "version \(try newest.number("version"))"
            found.append(lapse("policy_replaced", try newest.time("recorded_at"), version))
        }
        let end = try end(of: request)
        if let event = end["event"]?.string {
            found.append(lapse("request_\(event)", end["at"] ?? .null))
        }
        return found
    }

    /// That a checkpoint passed which began at another unlearned one, and nothing counts that was
    /// measured beside that.
    private func lapses(besideParentOf verdict: LoggedRow, _ policy: LoggedRow) throws -> [JSON] {
        let artifact = try row("artifact", verdict.text("artifact"))
        let start = all("edge", "child", artifact.key).first { $0["role"] == "init" }
        guard try verdict.text("result") == "pass", let parent = start?["parent"],
            parent != artifact["original"]
        else { return [] }
        let counts = try all("evidence", "subject", artifact.key).contains {
            try $0["reference"] == parent && $0["request"] == verdict["request"]
                && $0.number("n") >= policy.number("min_pairs") && lapses(ofEvidence: $0).isEmpty
        }
        return counts ? [] : [lapse("no_parent_evidence", .null)]
    }

    private func lapse(_ because: String, _ at: JSON, _ reason: String? = nil) -> JSON {
        .object(["because": .string(because), "at": at, "reason": text(reason)])
    }
}
