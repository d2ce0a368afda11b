import Foundation
import Jobs

/// The way of a checkpoint's weights, as the rows of a proof tell it, and found to be consistent.
struct Derivation {
    /// The checkpoint first, its weight root last.
    let path: [LoggedRow]
    /// The keys of the checkpoint and of everything that it was made from.
    let ancestry: Set<String>
    /// Those of its ancestors that were made by unlearning, the oldest first.
    let unlearned: [LoggedRow]
    let rows: LoggedRows

    /// The most artifacts that a ledger tells of in one proof.
    private static let limit = 2000

    var subject: LoggedRow { path[0] }

    /// - Throws: `ProofError` naming the row that is missing or that contradicts another.
    init(of subject: Digest, in rows: LoggedRows) throws {
        self.rows = rows
        let artifacts = rows.all("artifact")
        guard artifacts.count <= Derivation.limit else {
            throw ProofError("the proof tells of more than \(Derivation.limit) artifacts")
        }
        guard let start = try artifacts.first(where: { try $0.hex("digest") == subject.hex })
        else { throw ProofError("the proof has no entry of \(subject)") }
        // Each leads to an older artifact, hence all ways that are walked below have an end.
        for edge in rows.all("edge") { try Derivation.check(edge, rows) }
        ancestry = try Derivation.ancestry(of: start, rows)
        var path = [start]
        while let next = try Derivation.weights(before: path[path.count - 1], rows) {
            path.append(next)
        }
        self.path = path
        let runs = Set(rows.all("unlearn_application").compactMap { $0["run"] })
        unlearned = artifacts.filter { $0.key != start.key && $0["run"].map(runs.contains) == true }
        for artifact in artifacts { try checkOrigin(artifact) }
        try checkAncestry(of: artifacts)
        guard path.allSatisfy({ $0["weight_root"] != nil }) else {
            throw ProofError("what \(subject) derives from has no weights")
        }
        for artifact in artifacts where artifact["weight_root"] != nil {
            try checkOriginal(artifact, after: Derivation.weights(before: artifact, rows))
        }
    }

    /// The edges to what an artifact was made from, by role and number.
    func parents(of artifact: LoggedRow) throws -> [(role: String, artifact: LoggedRow)] {
        try rows.all("edge", "child", artifact.key).map { edge in
            (
                role: try edge.text("role"),
                artifact: try rows.row("artifact", edge.text("parent"))
            )
        }.sorted { ($0.role, $0.artifact.key) < ($1.role, $1.artifact.key) }
    }

    func run(of artifact: LoggedRow) throws -> LoggedRow? {
        try artifact["run"].map { try rows.row("run", $0) }
    }

    /// What the run that made the artifact unlearned.
    func applications(by artifact: LoggedRow) -> [LoggedRow] {
        artifact["run"].map { rows.all("unlearn_application", "run", $0) } ?? []
    }

    private static func ancestry(of start: LoggedRow, _ rows: LoggedRows) throws -> Set<String> {
        var (found, waiting) = (Set([start.key]), [start.key])
        while let child = waiting.popLast() {
            for edge in rows.all("edge", "child", child) {
                let parent = try edge.text("parent")
                if found.insert(parent).inserted { waiting.append(parent) }
            }
        }
        return found
    }

    private static func weights(before artifact: LoggedRow, _ rows: LoggedRows) throws -> LoggedRow?
    {
        func parents(_ role: String) throws -> [LoggedRow] {
            try rows.all("edge", "child", artifact.key).filter { $0["role"] == role }
                .map { try rows.row("artifact", $0.text("parent")) }
        }
        let started = try parents("init")
        guard started.count <= 1 else {
            throw ProofError("artifact \(artifact.key) starts from several")
        }
        // Of several that were merged, the oldest that was unlearned, else the oldest.
        return try started.first
            ?? parents("merge")
            .map { (unlearned: $0["original"] != nil, number: try $0.number("seq"), artifact: $0) }
            .min { ($0.unlearned ? 0 : 1, $0.number) < ($1.unlearned ? 0 : 1, $1.number) }?
            .artifact
    }
}
