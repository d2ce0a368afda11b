import Jobs

/// A CycloneDX 1.6 bill of materials of a model, its ancestors, its data and its run.
func mlBOM(_ provenance: Provenance) -> JSON {
    let main = provenance.main
    let data = provenance.artifacts.filter { $0.kind == "dataset" && $0.digest != main.digest }
    let members: [String: JSON?] = [
        "bomFormat": text("CycloneDX"), "specVersion": text("1.6"), "version": .int(1),
        "metadata": metadata(provenance),
        "components": .array(data.map { component($0) }),
        "dependencies": .array(
            ([main] + data).map { artifact in
                let known = Set(data.map(\.digest))
                let parents = provenance.parents(of: artifact.digest).map(\.parent)
                return .object([
                    "ref": .string(reference(artifact.digest)),
                    "dependsOn": .array(
                        Set(parents).intersection(known).sorted().map { .string(reference($0)) }
                    ),
                ])
            }
        ),
        "formulation": provenance.run(of: main).map { .array([formula($0)]) },
    ]
    // Each bill has a number of its own, and the same bill the same.
    let number = "urn:uuid:" + uuid(Digest(of: object(members).canonical).hex)
    return object(members.merging(["serialNumber": .string(number)]) { $1 })
}

private func metadata(_ provenance: Provenance) -> JSON {
    let exporter = JSON.object([
        "type": .string("application"), "name": .string("palimpsest exporter"),
        "version": .string(exporterVersion),
    ])
    return object([
        "timestamp": .string(provenance.asOf ?? provenance.main.recordedAt),
        "component": model(provenance.main, provenance),
        "tools": .object(["components": .array([exporter])]),
        "properties": provenance.asOf.map { .array([property(("asOf", $0))]) },
    ])
}

/// A component of an artifact: its digest, its size, where it came from.
private func component(_ artifact: Provenance.Artifact) -> JSON {
    .object(described(artifact))
}

private func described(_ artifact: Provenance.Artifact) -> [String: JSON] {
    let isData = !artifact.isModel
    let licence = artifact.licence.map { JSON.object(["license": .object(["name": .string($0)])]) }
    let properties = [
        ("kind", artifact.kind), ("content", artifact.content), ("bytes", String(artifact.bytes)),
        ("source", artifact.source ?? ""),
    ].filter { !$0.1.isEmpty }
    var members: [String: JSON] = [
        "type": .string(isData ? "data" : "machine-learning-model"),
        "bom-ref": .string(reference(artifact.digest)),
        "name": .string(artifact.title), "version": .string(artifact.digest),
        "hashes": .array([
            .object(["alg": .string("SHA-256"), "content": .string(artifact.content)])
        ]),
        "properties": .array(properties.map(property)),
    ]
    if let licence { members["licenses"] = .array([licence]) }
    if isData { members["data"] = .array([.object(["type": .string("dataset")])]) }
    return members
}

private func model(_ main: Provenance.Artifact, _ provenance: Provenance) -> JSON {
    var members = described(main)
    let weights = ["init", "merge", "teacher", "replaces"]
    let parents = provenance.parents(of: main.digest).filter { weights.contains($0.role) }
    let ancestors = parents.compactMap { edge in
        provenance.artifact(edge.parent).map { parent in
            var members = described(parent)
            // The same parent may come in two roles, and a reference is for one component.
            members["bom-ref"] = .string(reference(parent.digest) + "#" + edge.role)
            let judged = provenance.verdicts(on: parent.digest).flatMap {
                [("status:\($0.request)", $0.status)] + verdictProperties($0)
            }
            members["properties"] = .array(([("role", edge.role)] + judged).map(property))
            return JSON.object(members)
        }
    }
    if !ancestors.isEmpty { members["pedigree"] = .object(["ancestors": .array(ancestors)]) }
    if main.isModel { members["modelCard"] = card(provenance) }
    if case .array(let properties)? = members["properties"] {
        let told = unlearningProperties(provenance) + proofProperties(provenance)
        members["properties"] = .array(properties + told.map(property))
    }
    return .object(members)
}

private func card(_ provenance: Provenance) -> JSON {
    let data = provenance.artifacts.filter { $0.kind == "dataset" }
    return .object([
        "modelParameters": .object([
            "datasets": .array(data.map { .object(["ref": .string(reference($0.digest))]) })
        ]),
        "quantitativeAnalysis": .object([
            "performanceMetrics": .array(
                provenance.metrics.map(performance)
            )
        ]),
    ])
}

private func performance(_ metric: Provenance.Metric) -> JSON {
    var members: [String: JSON] = [
        "type": .string(metric.name), "value": .string(number(metric.value)),
    ]
    if let reference = metric.reference { members["slice"] = .string("against \(reference)") }
    if let low = metric.low, let high = metric.high {
        members["confidenceInterval"] = .object([
            "lowerBound": .string(number(low)), "upperBound": .string(number(high)),
        ])
    }
    return .object(members)
}

private func formula(_ run: Provenance.Run) -> JSON {
    .object([
        "bom-ref": .string("formula:" + run.run),
        "workflows": .array([
            .object([
                "bom-ref": .string("workflow:" + run.run), "uid": .string(run.run),
                "name": .string("\(run.kind) \(run.method)"),
                "taskTypes": .array([.string("other")]), "timeStart": .string(run.startedAt),
                "timeEnd": .string(run.sealedAt),
                "properties": .array([property(("specDigest", run.specDigest))]),
            ])
        ]),
    ])
}

private func property(_ pair: (String, String)) -> JSON {
    .object(["name": .string("palimpsest:" + pair.0), "value": .string(pair.1)])
}

private func reference(_ digest: String) -> String { "sha256:" + digest }

/// A UUID of version 8 (RFC 9562) from the first 16 bytes of a digest.
private func uuid(_ digest: String) -> String {
    var digits = Array(digest.prefix(32))
    digits[12] = "8"
    digits[16] = "8"
    let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
    return parts.map { String($0) }.joined(separator: "-")
}

/// A number as JSON writes it.
func number(_ value: Double) -> String {
    String(decoding: JSON.double(value).canonical, as: UTF8.self)
}
