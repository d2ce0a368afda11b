import Jobs

/// The front matter and the body of a Hugging Face model card.
///
/// A student that started from no weights has no relation that the hub knows (huggingface_hub
/// #3985), so its teacher stands in the body only.
func huggingFaceCard(_ provenance: Provenance) -> String {
    let main = provenance.main
    var lines = ["---"] + licence(provenance) + ["tags:", "- diffusion", "- palimpsest"]
    if provenance.runs.contains(where: { !$0.applications.isEmpty }) { lines.append("- unlearned") }
    lines += baseModels(main, provenance) + datasets(provenance) + results(main, provenance)
    lines += [
        "---", "", "<!-- \(provenance.signature) -->", "", "# \(main.title)", "", "| | |",
        "|---|---|",
    ]
    lines += ["| artifact | `\(main.digest)` |", "| content | `\(main.content)` |"]
    if let run = provenance.run(of: main) {
        lines.append("| made by | \(run.kind) \(run.method), run `\(run.run)` |")
    }
    lines += provenance.parents(of: main.digest).map { "| \($0.role) | `\($0.parent)` |" }
    lines += requestTable(provenance) + unlearningTable(provenance) + proofLink(provenance)
    return lines.joined(separator: "\n") + "\n"
}

private func licence(_ provenance: Provenance) -> [String] {
    let known = Set(provenance.artifacts.compactMap(\.licence)).sorted()
    guard !known.isEmpty else { return [] }
    return ["license: other", "license_name: \(quoted(known.joined(separator: "; ")))"]
}

private func baseModels(_ main: Provenance.Artifact, _ provenance: Provenance) -> [String] {
    let edges = provenance.parents(of: main.digest)
    let merged = edges.filter { $0.role == "merge" }
    let bases = merged.isEmpty ? edges.filter { $0.role == "init" } : merged
    guard !bases.isEmpty else { return [] }
    let names = bases.map { provenance.artifact($0.parent)?.name ?? $0.parent }
    let relation = main.kind == "adapter" ? "adapter" : merged.isEmpty ? "finetune" : "merge"
    return ["base_model:"] + names.map { "- " + quoted($0) } + ["base_model_relation: \(relation)"]
}

private func datasets(_ provenance: Provenance) -> [String] {
    let data = provenance.artifacts.filter { $0.kind == "dataset" }
    return data.isEmpty ? [] : ["datasets:"] + data.map { "- " + quoted($0.name ?? $0.digest) }
}

private func results(_ main: Provenance.Artifact, _ provenance: Provenance) -> [String] {
    guard !provenance.metrics.isEmpty else { return [] }
    let data = provenance.artifacts.last { $0.kind == "dataset" }
    let name = quoted(data?.name ?? data?.digest ?? "none")
    let head = [
        "model-index:", "- name: \(quoted(main.title))", "  results:", "  - task:",
        "      type: unconditional-image-generation", "    dataset:", "      name: \(name)",
        "      type: \(name)", "    metrics:",
    ]
    return head
        + provenance.metrics.flatMap {
            ["    - type: \($0.name)", "      value: \(number($0.value))"]
        }
}

/// A YAML scalar that is a string whatever it holds; JSON's strings are YAML's.
private func quoted(_ text: String) -> String {
    String(decoding: JSON.string(text).canonical, as: UTF8.self)
}
