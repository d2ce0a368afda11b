import Jobs

/// Whether the rows of a proof are all of its subject. Each entry is genuine, but a genuine entry
/// of another checkpoint says nothing here, so one that the subject does not lead to is refused.
struct Belonging {
    private let derivation: Derivation
    /// The keys of the runs that made the subject and its ancestors.
    private let runs: Set<String>
    /// The keys of the requests that those runs applied.
    private let requests: Set<String>
    /// What may be measured and judged, by key: the subject, and its ancestors that were unlearned.
    private let judged: [String: Judged]
    /// The keys of what measured them.
    private let evaluators: Set<String>
    /// The names of the policies that verdicts on them were given under.
    private let policies: Set<String>

    private var rows: LoggedRows { derivation.rows }

    init(to derivation: Derivation) {
        self.derivation = derivation
        let rows = derivation.rows
        let made = derivation.ancestry.compactMap { rows.find("artifact", $0)?["run"] }
        let runs = Set(made)
        self.runs = runs
        requests = Set(
            rows.all("unlearn_application").filter { $0["run"].map(runs.contains) == true }
                .compactMap { $0["request"] }
        )
        judged = Dictionary(
            ([derivation.subject] + derivation.unlearned).map {
                ($0.key, Judged($0, in: derivation))
            }
        ) { first, _ in first }
        evaluators = Set(rows.all("evidence").compactMap { $0["evaluator"] })
        policies = Set(
            rows.all("verdict").compactMap { verdict in
                verdict["request"].flatMap { rows.find("forget_request", $0)?["policy"] }
            }
        )
    }

    /// - Throws: `ProofError` naming a row that is of something else.
    func check() throws {
        for row in rows.all where try !holds(row) {
            throw ProofError("\(row.table) \(row.key) is not of the checkpoint that this proves")
        }
    }

    private func holds(_ row: LoggedRow) throws -> Bool {
        switch row.table {
        case "artifact": derivation.ancestry.contains(row.key)
        case "import": try imports(row)
        case "edge": derivation.ancestry.contains(try row.text("child"))
        case "run": runs.contains(row.key)
        case "unlearn_application": runs.contains(try row.text("run"))
        case "forget_request": requests.contains(row.key)
        case "forget_opening", "forget_request_event": requests.contains(try row.text("request"))
        case "evidence", "metric": measures(row)
        case "score": rows.find("evidence", try row.text("evidence")) != nil
        case "evaluator": evaluators.contains(row.key)
        case "evaluator_event": evaluators.contains(try row.text("evaluator"))
        case "verdict": try judges(row)
        case "policy": policies.contains(try row.text("name"))
        case "correction": try corrects(row)
        default: false
        }
    }

    private func imports(_ row: LoggedRow) throws -> Bool {
        let artifact = try rows.row("artifact", row.key)
        return derivation.ancestry.contains(row.key) && artifact["run"] == nil
    }

    /// Measured of one that may be, alone or beside one that it may be compared with. Numbers that
    /// are no evidence are told of the subject alone.
    private func measures(_ row: LoggedRow) -> Bool {
        guard let key = row["subject"], let subject = judged[key] else { return false }
        if row.table == "metric", key != derivation.subject.key { return false }
        guard let reference = row["reference"] else { return row.table == "metric" }
        return subject.comparable.contains(reference)
            && row["request"].map(subject.applied.contains) ?? true
    }

    /// Decided on one that may be, for a request that it was made to fulfil, on evidence of that.
    private func judges(_ row: LoggedRow) throws -> Bool {
        let request = try rows.row("forget_request", row.text("request"))
        let policy = try rows.row("policy", row.text("policy"))
        guard let subject = try judged[row.text("artifact")],
            subject.applied.contains(request.key), policy["name"] == request["policy"]
        else { return false }
        if let before = try row["supersedes"].map({ try rows.row("verdict", $0) }) {
            guard before["request"] == request.key, before["artifact"] == row["artifact"],
                try before.number("seq") < row.number("seq")
            else { return false }
        }
        guard let evidence = try row["evidence"].map({ try rows.row("evidence", $0) }) else {
            return ["inconclusive", "withdrawn"].contains(row["result"])
        }
        return evidence["subject"] == row["artifact"] && evidence["request"] == request.key
            && evidence["reference"] == subject.original
    }

    private func corrects(_ row: LoggedRow) throws -> Bool {
        let (target, key) = (try row.text("target_table"), try row.text("target_key"))
        guard target.hasPrefix("lineage.") else { return false }
        return rows.find(String(target.dropFirst("lineage.".count)), key) != nil
    }
}

/// What may be said of one checkpoint.
private struct Judged {
    let original: String?
    /// The keys of the requests that the run that made it applied.
    let applied: Set<String>
    /// The keys of what it may be compared with: its original, and the parents whose answers it was
    /// to keep.
    let comparable: Set<String>

    init(_ artifact: LoggedRow, in derivation: Derivation) {
        original = artifact["original"]
        applied = Set(derivation.applications(by: artifact).compactMap { $0["request"] })
        let kept = derivation.rows.all("edge", "child", artifact.key).filter {
            ["init", "teacher", "replaces"].contains($0["role"])
        }
        comparable = Set(([original] + kept.map { $0["parent"] }).compactMap { $0 })
    }
}
