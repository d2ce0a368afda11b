import Jobs

/// The way of a checkpoint's weights, as the rows of a proof tell it, and found to be consistent.
struct Derivation {
    /// The checkpoint first, its weight root last.
    let path: [LoggedRow]
    private let rows: LoggedRows
    private let parents: [String: [LoggedRow]]

    /// - Throws: `ProofError` naming the row that is missing or that contradicts another.
    init(of subject: Digest, in rows: LoggedRows) throws {
        self.rows = rows
        parents = Dictionary(grouping: rows.edges) { $0["child"] ?? "" }
        let artifacts = try rows.all("artifact")
        guard let start = try artifacts.first(where: { try $0.hex("digest") == subject.hex })
        else { throw ProofError("the proof has no entry of \(subject)") }
        // Edges lead to older artifacts, so the way that they make has an end.
        for edge in rows.edges { try Derivation.check(edge, rows) }
        var path = [start]
        while let next = try Derivation.weights(before: path[path.count - 1], parents, rows) {
            path.append(next)
        }
        self.path = path
        for artifact in artifacts { try checkOrigin(artifact) }
        for artifact in artifacts { try checkAncestry(artifact) }
        for step in path { try checkOriginal(step) }
    }

    /// The edges to what an artifact was made from, by role and number.
    func parents(of artifact: LoggedRow) throws -> [(role: String, artifact: LoggedRow)] {
        try parents[artifact.key, default: []].map { edge in
            (
                role: try edge.text("role"),
                artifact: try rows.row("artifact", edge.text("parent"))
            )
        }.sorted { ($0.role, $0.artifact.key) < ($1.role, $1.artifact.key) }
    }

    func run(of artifact: LoggedRow) throws -> LoggedRow? {
        try artifact["run"].map { try rows.row("run", $0) }
    }

    /// What a run unlearned.
    func applications(of run: LoggedRow) throws -> [LoggedRow] {
        try rows.all("unlearn_application").filter { $0["run"] == run.key }
    }

    func request(_ key: String) throws -> LoggedRow { try rows.row("forget_request", key) }

    /// What opens a request, found to be what the request commits to; nil where it is closed.
    func opening(of request: LoggedRow) throws -> RequestOpening? {
        let row = try rows.all("forget_opening").first { $0["request"] == request.key }
        guard let row else { return nil }
        let codes = try row.text("codes").matches(of: /[0-9a-f]{64}/).compactMap {
            Hash(hex: String($0.output))
        }
        let opening = RequestOpening(itemKey: try row.bytes("item_key"), codes: codes)
        guard try opening.commitment.root.bytes == request.bytes("commitment"),
            try opening.commitment.count == request.int("items")
        else { throw ProofError("request \(request.key) does not commit to what opens it") }
        return opening
    }

    private static func weights(
        before artifact: LoggedRow,
        _ parents: [String: [LoggedRow]],
        _ rows: LoggedRows
    ) throws -> LoggedRow? {
        let edges = parents[artifact.key, default: []]
        let weights = edges.filter { $0["role"] == "init" }
        let merged = edges.filter { $0["role"] == "merge" }
        if let parent = weights.first {
            return try rows.row("artifact", parent.text("parent"))
        }
        // Of several that were merged, the oldest that was unlearned, else the oldest.
        return try merged.map { try rows.row("artifact", $0.text("parent")) }
            .map { (unlearned: $0["original"] != nil, number: try $0.int("seq"), artifact: $0) }
            .min { ($0.unlearned ? 0 : 1, $0.number) < ($1.unlearned ? 0 : 1, $1.number) }?
            .artifact
    }

    /// An artifact has the digest of its manifest, and comes from a run or from an import.
    private func checkOrigin(_ artifact: LoggedRow) throws {
        guard try Hash(of: artifact.bytes("manifest_canonical")).bytes == artifact.bytes("digest")
        else { throw ProofError("artifact \(artifact.key) has not the digest of its manifest") }
        if try run(of: artifact) == nil { _ = try rows.row("import", artifact.key) }
    }

    /// The stored generation and origins are those of the parents, so no parent was left out that
    /// alone leads to an origin.
    private func checkAncestry(_ artifact: LoggedRow) throws {
        let parents = try parents(of: artifact).map(\.artifact)
        let generation = try parents.map { try $0.int("generation") &+ 1 }.max() ?? 0
        let origins = try Set(parents.flatMap { try $0.numbers("origin_roots") })
        let expected = origins.isEmpty ? [try artifact.int("seq")] : origins
        guard try artifact.int("generation") == generation,
            try Set(artifact.numbers("origin_roots")) == expected
        else { throw ProofError("artifact \(artifact.key) has a parent that the proof leaves out") }
    }

    /// An edge leads from an older artifact of this proof to one that the edge's run made.
    private static func check(_ edge: LoggedRow, _ rows: LoggedRows) throws {
        let child = try rows.row("artifact", edge.text("child"))
        let parent = try rows.row("artifact", edge.text("parent"))
        guard try parent.int("seq") < child.int("seq"), edge["run"] == child["run"] else {
            throw ProofError("edge \(edge.key) does not fit the artifacts at its ends")
        }
    }

    /// The stored original and weight root are those that the edges lead to.
    private func checkOriginal(_ step: LoggedRow) throws {
        let before = try Derivation.weights(before: step, parents, rows)
        var original = before?["original"]
        if let run = try run(of: step), run["kind"] == "unlearn" {
            let role = run["method"] == "retrain" ? "replaces" : "init"
            let base = try parents(of: step).first { $0.role == role }?.artifact
            guard let base else { throw ProofError("artifact \(step.key) has no original") }
            original = base["original"] ?? base.key
            if try applications(of: run).isEmpty {
                throw ProofError("the proof leaves out what run \(run.key) unlearned")
            }
        }
        guard step["original"] == original,
            step["weight_root"] == before?["weight_root"] ?? step.key
        else { throw ProofError("artifact \(step.key) names an original that is not its own") }
    }
}
