import Commands
import Exports
import Foundation
import Jobs
import Records
import Store

private let known = ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")

let lineageExport = Command(
    "lineage export",
    summary: "Writes an artifact's lineage for other tools: \(known).",
    arguments: ["REF"],
    options: [
        Option("format", "FORMAT", help: "one of those; needed"),
        Option("as-of", "TIME", help: "as it was known at this time: write the same again"),
        outputOption,
    ]
) { invocation in
    let name = invocation.value("format") ?? ""
    guard let format = ExportFormat(rawValue: name) else {
        throw UsageError("--format is '\(name)'; known are \(known)")
    }
    let time = invocation.value("as-of") ?? "infinity"
    guard isMoment(time) else { throw UsageError("--as-of got '\(time)'; it takes \(momentForms)") }
    let connections = Connections.find()
    let ledger = Ledger(try connections.openDatabase())
    let provenance = try Provenance(
        ledger.provenance(of: invocation.arguments[0], asOf: time)
    )
    let data = try format.write(
        provenance,
        event: format == .openlineage
            ? ledger.openLineageEvent(of: provenance.subject) : nil,
        files: format == .oms ? files(of: provenance.main, connections.existingStore()) : [:]
    )
    try Output.write(data, to: invocation.value("output"))
}

/// The digests of the artifact's files, from its manifest.
private func files(
    of artifact: Provenance.Artifact,
    _ store: ArtifactStore
) throws -> [String: Digest] {
    guard let content = Digest(hex: artifact.content) else {
        throw Failure("the content '\(artifact.content)' of \(artifact.digest) is no digest")
    }
    return try store.manifest(content).files.mapValues(\.digest)
}
