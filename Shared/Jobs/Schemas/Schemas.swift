public import Foundation

/// The documents that describe our messages, written from the types that read them.
public enum Schemas {
    static let dialect = "https://json-schema.org/draft/2020-12/schema"

    static func identifier(of kind: JobKind) -> String {
        "urn:palimpsest:schema:job.\(kind.rawValue).submit.v1"
    }

    /// Each document by the name of its file.
    public static func documents() throws(SpecError) -> [String: JSON] {
        var documents: [String: JSON] = ["job.event.v1.json": try event()]
        for kind in JobKind.allCases {
            documents["job.\(kind.rawValue).submit.v1.json"] = try JobSchema.document(kind)
        }
        documents["asyncapi.json"] = AsyncAPI.document
        return documents
    }

    /// A document's bytes, the same on every machine.
    public static func bytes(of document: JSON) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(document) + Data("\n".utf8)
    }

    private static func event() throws(SpecError) -> JSON {
        var schema = try TypeSchema(rules: [:], defaults: nil).schema(JobEvent.example)
        schema["$schema"] = .string(dialect)
        schema["$id"] = "urn:palimpsest:schema:job.event.v1"
        schema["title"] = "What the events on jobs.events.v1 say"
        return .object(schema)
    }
}
