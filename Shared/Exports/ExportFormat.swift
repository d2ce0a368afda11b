public import Foundation
public import Jobs

/// The version of what the exports look like. It is in each of them that has a place for it, and goes
/// up with every change of the bytes that are written for the same provenance.
let exporterVersion = "2"

/// A form that other tools read. Each is a pure function of the ledger's rows, the time of which they
/// are told and the exporter's version, so the same three give the same bytes.
public enum ExportFormat: String, CaseIterable, Sendable {
    case openlineage
    case slsa
    case cyclonedx
    case modelCard = "model-card"
    case oms
    case dot
    case jsonld

    /// The bytes of this form. `event` is the OpenLineage event of the run that made the artifact,
    /// `files` the digests of the artifact's files by their names.
    ///
    /// - Throws: `ExportError` for an import in a form that tells of runs only, and for an artifact
    ///   without files in a form that tells of those.
    public func write(
        _ provenance: Provenance,
        event: JSON? = nil,
        files: [String: Digest] = [:]
    ) throws -> Data {
        switch self {
        case .openlineage:
            guard let event else { throw ExportError("an import has no run to tell of") }
            return line(event)
        case .slsa: return line(try slsaStatement(provenance))
        case .cyclonedx: return line(mlBOM(provenance))
        case .modelCard: return Data(huggingFaceCard(provenance).utf8)
        case .oms: return line(try modelSigningStatement(provenance, files))
        case .dot: return Data(graphviz(provenance).utf8)
        case .jsonld: return line(provenanceGraph(provenance))
        }
    }

    private func line(_ json: JSON) -> Data { json.canonical + Data("\n".utf8) }
}

/// An object without the members that are nil.
func object(_ members: [String: JSON?]) -> JSON { .object(members.compactMapValues { $0 }) }

func text(_ text: String?) -> JSON? { text.map { .string($0) } }
