/// What was unlearned on the artifact's way, what each request's status is, and the verdicts on the
/// artifact. CycloneDX has no words for it, so these are names and values.
func unlearningProperties(_ provenance: Provenance) -> [(String, String)] {
    let applied = provenance.runs.flatMap(\.applications).flatMap { application in
        [
            ("unlearning:method", application.method),
            ("unlearning:request", application.request),
            ("unlearning:commitment", application.commitment),
        ]
    }
    let verdicts = provenance.verdicts(on: provenance.subject)
    let open = Set(provenance.requests.map(\.id))
    // Of a request that is open its own row says the status.
    let closed = verdicts.filter { !open.contains($0.request) }.map {
        ("status:\($0.request)", $0.status)
    }
    return given(applied) + provenance.requests.flatMap(requestProperties) + closed
        + verdicts.flatMap(verdictProperties)
        + (provenance.moreRequests ? [("requests", "there are more than these")] : [])
}

private func requestProperties(_ request: Provenance.Request) -> [(String, String)] {
    given([
        ("request:\(request.id)", request.name), ("status:\(request.id)", request.status),
        ("witness:\(request.id)", request.witness), ("received:\(request.id)", request.receivedAt),
        ("due:\(request.id)", request.dueAt),
    ])
}

func verdictProperties(_ verdict: Provenance.Verdict) -> [(String, String)] {
    let words = "\(verdict.result) by policy \(verdict.policy) version \(verdict.version)"
    return [("verdict:\(verdict.request)", words)]
}

/// Where the log holds the artifact, and how to prove it.
func proofProperties(_ provenance: Provenance) -> [(String, String)] {
    let commands = provenance.proofCommands.joined(separator: " && ")
    return given([
        ("epoch", provenance.epoch.map { String($0.number) }),
        ("epoch:root", provenance.epoch?.root), ("epoch:key", provenance.epoch?.key),
        ("proof", provenance.main.isModel ? commands : nil),
    ])
}

/// Those that have a value.
private func given(_ pairs: [(String, String?)]) -> [(String, String)] {
    pairs.compactMap { name, value in value.map { (name, $0) } }
}
