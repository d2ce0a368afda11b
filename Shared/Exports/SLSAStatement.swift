import Jobs

/// An in-toto statement (version 1) with SLSA provenance (version 1) of the run that made the
/// artifact.
///
/// It claims no more than SLSA Build level 1: the worker that did the work says so itself.
func slsaStatement(_ provenance: Provenance) throws -> JSON {
    let main = provenance.main
    guard let run = provenance.run(of: main) else {
        throw ExportError("\(main.digest) was imported; SLSA tells of runs only")
    }
    let outputs = provenance.artifacts.filter { $0.run == run.run }
    return .object([
        "_type": .string("https://in-toto.io/Statement/v1"),
        "subject": .array(
            outputs.map {
                .object(["name": .string($0.output), "digest": sha256($0.digest)])
            }
        ),
        "predicateType": .string("https://slsa.dev/provenance/v1"),
        "predicate": .object([
            "buildDefinition": buildDefinition(run, outputs, provenance),
            "runDetails": .object([
                "builder": .object(["id": .string("urn:palimpsest:worker:\(run.kind):v1")]),
                "metadata": .object([
                    "invocationId": .string("urn:uuid:" + run.run),
                    "startedOn": .string(run.startedAt), "finishedOn": .string(run.sealedAt),
                ]),
                "byproducts": .array(provenance.reports.map(byproduct)),
            ]),
        ]),
    ])
}

private func buildDefinition(
    _ run: Provenance.Run,
    _ outputs: [Provenance.Artifact],
    _ provenance: Provenance
) -> JSON {
    let made = Set(outputs.map(\.digest))
    let parents = provenance.edges.filter { made.contains($0.child) }
    let code = [("code", run.code), ("environment", run.environment)].compactMap { name, digest in
        digest.map { JSON.object(["name": .string(name), "digest": sha256($0)]) }
    }
    let worker = provenance.madeWith
    return .object([
        "buildType": .string("urn:palimpsest:build:\(run.kind):v1"),
        "externalParameters": run.spec,
        "internalParameters": object([
            "job": text(run.job), "method": text(run.method), "specDigest": text(run.specDigest),
            "seed": run.seed.map { .int($0) },
            "deterministic": worker?.deterministic.map { .bool($0) },
            "deviceClass": text(worker?.deviceClass),
            "machine": worker?.environment?["machine"], "system": worker?.environment?["system"],
            "exporter": .string(exporterVersion), "asOf": text(provenance.asOf),
        ]),
        "resolvedDependencies": .array(
            parents.map { edge in
                object([
                    "digest": sha256(edge.parent),
                    "name": text(provenance.artifact(edge.parent)?.output),
                    "annotations": .object([
                        "role": .string(edge.role), "child": .string(edge.child),
                    ]),
                ])
            } + code + libraries(worker)
        ),
    ])
}

/// The shared libraries that the worker ran on, by their digests.
private func libraries(_ worker: Provenance.MadeWith?) -> [JSON] {
    guard case .object(let libraries)? = worker?.environment?["libraries"] else { return [] }
    return libraries.sorted { $0.key < $1.key }.compactMap { name, digest in
        digest.string.map {
            .object([
                "name": .string(name), "digest": sha256($0),
                "annotations": .object(["role": .string("library")]),
            ])
        }
    }
}

/// What an evaluation of the artifact reported.
private func byproduct(_ report: Provenance.Report) -> JSON {
    .object([
        "name": .string(report.output), "digest": sha256(report.digest),
        "annotations": .object([
            "kind": .string("report"), "run": .string("urn:uuid:" + report.run),
            "recordedAt": .string(report.recordedAt),
        ]),
    ])
}

func sha256(_ digest: String) -> JSON { .object(["sha256": .string(digest)]) }
