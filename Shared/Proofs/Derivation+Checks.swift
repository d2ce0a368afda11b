import Foundation
import Jobs

extension Derivation {
    /// An edge leads from an older artifact of this proof to one that the edge's run made.
    static func check(_ edge: LoggedRow, _ rows: LoggedRows) throws {
        let child = try rows.row("artifact", edge.text("child"))
        let parent = try rows.row("artifact", edge.text("parent"))
        guard try parent.number("seq") < child.number("seq"), edge["run"] == child["run"] else {
            throw ProofError("edge \(edge.key) does not fit the artifacts at its ends")
        }
    }

    /// An artifact has the digest of its manifest, which names its content, and comes from a run
    /// or from an import.
    func checkOrigin(_ artifact: LoggedRow) throws {
        for column in ["run", "original", "weight_root"] where artifact[column] != nil {
            _ = try artifact.number(column)
        }
        let manifest = try artifact.bytes("manifest_canonical")
        guard try Hash(of: manifest).bytes == artifact.bytes("digest") else {
            throw ProofError("artifact \(artifact.key) has not the digest of its manifest")
        }
        let named = try? JSONDecoder().decode(JSON.self, from: Data(manifest))["content"]?.string
        guard try named == artifact.hex("content_digest") else {
            throw ProofError("artifact \(artifact.key) has not the content of its manifest")
        }
        if try run(of: artifact) == nil { _ = try rows.row("import", artifact.key) }
    }

    /// The stored generation and origins are those of the parents, so no parent was left out that
    /// alone leads to an origin. Parents come before their children.
    func checkAncestry(of artifacts: [LoggedRow]) throws {
        var known: [String: (generation: Int, origins: Set<Int>)] = [:]
        for artifact in artifacts {
            let parents = Set(rows.all("edge", "child", artifact.key).compactMap { $0["parent"] })
                .compactMap { known[$0] }
            let generation = parents.map { $0.generation + 1 }.max() ?? 0
            let origins = parents.reduce(into: Set<Int>()) { $0.formUnion($1.origins) }
            let expected = origins.isEmpty ? [try artifact.number("seq")] : origins
            guard try artifact.count("generation") == generation,
                try Set(artifact.numbers("origin_roots")) == expected
            else {
                throw ProofError("artifact \(artifact.key) has a parent that the proof leaves out")
            }
            known[artifact.key] = (generation, expected)
        }
    }

    /// The stored original and weight root are those that the edges lead to.
    func checkOriginal(_ step: LoggedRow, after before: LoggedRow?) throws {
        var original = before?["original"]
        if let run = try run(of: step), run["kind"] == "unlearn" {
            let role = run["method"] == "retrain" ? "replaces" : "init"
            let base = try parents(of: step).first { $0.role == role }?.artifact
            guard let base else { throw ProofError("artifact \(step.key) has no original") }
            original = base["original"] ?? base.key
            if applications(by: step).isEmpty {
                throw ProofError("the proof leaves out what run \(run.key) unlearned")
            }
        }
        guard step["original"] == original,
            step["weight_root"] == before?["weight_root"] ?? step.key
        else { throw ProofError("artifact \(step.key) names an original that is not its own") }
    }
}
