/// Every request to forget and whether the artifact carries what it is about.
func requestTable(_ provenance: Provenance) -> [String] {
    let head = ["", "## Requests to forget", ""]
    guard !provenance.requests.isEmpty else { return head + ["None was known."] }
    let rows = provenance.requests.map {
        row([$0.name, $0.status, $0.receivedAt, $0.dueAt ?? "", $0.witness ?? ""])
    }
    return head + ["| request | status | received | due | it came by |", "|---|---|---|---|---|"]
        + rows
        + (provenance.moreRequests
            ? ["", "There are more; `palimpsest lineage requests-status` lists them."] : [])
}

/// One row a request, however often it was applied on the way.
func unlearningTable(_ provenance: Provenance) -> [String] {
    let applied = Dictionary(grouping: provenance.runs.flatMap(\.applications), by: \.request)
    guard !applied.isEmpty else { return [] }
    let rows = applied.map { request, applications in
        let known = provenance.requests.first { $0.id == request }
        let verdict = telling(provenance, request)
        let isOwn = verdict?.artifact == provenance.subject
        return row([
            known?.name ?? request ?? "",
            applications.map(\.method).joined(separator: ", "),
            "`\((applications[0].commitment ?? "").prefix(16))`",
            known?.status ?? (isOwn ? verdict?.status : nil) ?? "",
            verdict.map { $0.words + (isOwn ? "" : bearer(of: $0, provenance)) } ?? "not judged",
        ])
    }
    return [
        "", "## What was unlearned", "", "| request | methods | commitment | status | verdict |",
        "|---|---|---|---|---|",
    ] + rows.sorted()
}

/// The verdict on the artifact itself, else the last on one that it was made from.
private func telling(_ provenance: Provenance, _ request: String?) -> Provenance.Verdict? {
    let all = provenance.verdicts.filter { $0.request == request }
    return all.last { $0.artifact == provenance.subject } ?? all.last
}

/// The ancestor that a verdict is on, and what it comes to there.
private func bearer(of verdict: Provenance.Verdict, _ provenance: Provenance) -> String {
    let title = provenance.artifact(verdict.artifact)?.title ?? verdict.artifact
    return " on \(title) (\(verdict.status))"
}

/// Which signed epoch holds the artifact, and the commands for the proof of all that.
func proofLink(_ provenance: Provenance) -> [String] {
    guard provenance.main.isModel else { return [] }
    let held = provenance.epoch.map {
        "Epoch \($0.number) of the ledger's log, signed at \($0.sealedAt) with the key `\($0.key)`,"
            + " holds it under the root `\($0.root)`."
    }
    return ["", "## Proof", "", held ?? "No signed epoch of the ledger's log held it yet."]
        + ["", "```sh"] + provenance.proofCommands
        + ["```", "", "The proof shows derivation and process, not absence."]
}

/// A row of a table; a bar in a cell would end it.
private func row(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
}
