import Jobs

/// The ancestry as a Graphviz graph.
func graphviz(_ provenance: Provenance) -> String {
    let nodes = provenance.artifacts.map { artifact in
        let run = provenance.run(of: artifact)
        let made = run.map { "\($0.kind) \($0.method)" } ?? "import"
        let label =
            "\(artifact.title)\\n\(artifact.kind), \(made)"
            + "\\n\(artifact.digest.prefix(12))"
        let shape = artifact.kind == "checkpoint" ? "box" : "ellipse"
        return "  \"\(artifact.digest.prefix(12))\" [label=\"\(escaped(label))\", shape=\(shape)];"
    }
    let edges = provenance.edges.map {
        "  \"\($0.parent.prefix(12))\" -> \"\($0.child.prefix(12))\" [label=\"\($0.role)\"];"
    }
    return
        ([
            "digraph lineage {", "  // edges lead from a parent to its child",
            "  // \(provenance.signature)", "  rankdir=LR;",
        ] + nodes + edges + ["}"]).joined(separator: "\n")
        + "\n"
}

private func escaped(_ text: String) -> String { text.replacing("\"", with: "\\\"") }

/// The ancestry in PROV-O as JSON-LD: artifacts are entities, runs are activities.
func provenanceGraph(_ provenance: Provenance) -> JSON {
    let entities = provenance.artifacts.map { artifact in
        let parents = provenance.parents(of: artifact.digest)
        return object([
            "@id": .string(entity(artifact.digest)), "@type": text("prov:Entity"),
            "rdfs:label": text(artifact.title), "kind": text(artifact.kind),
            "prov:generatedAtTime": text(artifact.recordedAt),
            "prov:wasGeneratedBy": text(artifact.run.map(activity)),
            "prov:qualifiedDerivation": .array(
                parents.map {
                    .object([
                        "@type": .string("prov:Derivation"),
                        "prov:entity": .string(entity($0.parent)),
                        "prov:hadRole": .string("urn:palimpsest:role:" + $0.role),
                    ])
                }
            ),
            "prov:wasDerivedFrom": .array(
                Set(parents.map(\.parent)).sorted().map { .string(entity($0)) }
            ),
        ])
    }
    let activities = provenance.runs.map { run in
        JSON.object([
            "@id": .string(activity(run.run)), "@type": .string("prov:Activity"),
            "rdfs:label": .string("\(run.kind) \(run.method)"),
            "prov:startedAtTime": .string(run.startedAt), "prov:endedAtTime": .string(run.sealedAt),
            "prov:wasAssociatedWith": .string("urn:palimpsest:worker:\(run.kind):v1"),
        ])
    }
    return .object([
        "@context": .object([
            "prov": .string("http://www.w3.org/ns/prov#"),
            "rdfs": .string("http://www.w3.org/2000/01/rdf-schema#"),
            "kind": .string("urn:palimpsest:kind"),
            "prov:entity": id, "prov:hadRole": id, "prov:wasGeneratedBy": id,
            "prov:wasDerivedFrom": id, "prov:wasAssociatedWith": id, "prov:wasAttributedTo": id,
            "asOf": .string("urn:palimpsest:asOf"),
        ]),
        "@graph": .array(entities + activities + document(provenance)),
    ])
}

/// The graph itself, and the program that wrote it.
private func document(_ provenance: Provenance) -> [JSON] {
    let exporter = "urn:palimpsest:exporter:v\(exporterVersion)"
    return [
        object([
            "@id": .string("urn:palimpsest:export:jsonld:\(provenance.subject)"),
            "@type": text("prov:Entity"), "prov:wasAttributedTo": .string(exporter),
            "asOf": text(provenance.asOf),
        ]),
        .object(["@id": .string(exporter), "@type": .string("prov:SoftwareAgent")]),
    ]
}

private let id = JSON.object(["@type": .string("@id")])

private func entity(_ digest: String) -> String { "urn:sha256:" + digest }
private func activity(_ run: String) -> String { "urn:uuid:" + run }
