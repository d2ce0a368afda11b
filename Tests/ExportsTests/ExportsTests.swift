import Exports
import Foundation
import Jobs
import Testing

/// The facts of the published schemas that each export must keep to.
struct ExportsTests {
    private func json(_ format: ExportFormat) throws -> JSON {
        let data = try format.write(Fixtures.provenance(), event: .object([:]))
        return try JSONDecoder().decode(JSON.self, from: data)
    }

    @Test(arguments: ExportFormat.allCases)
    func `the same rows give the same bytes`(format: ExportFormat) throws {
        let event = JSON.object(["eventType": .string("COMPLETE")])
        let first = try format.write(Fixtures.provenance(), event: event)
        #expect(try format.write(Fixtures.provenance(), event: event) == first)
        #expect(first.last == UInt8(ascii: "\n"))
    }

    /// in-toto Statement v1 and SLSA Provenance v1: what their specifications require.
    @Test func `the SLSA statement names outputs, dependencies and the builder`() throws {
        let json = try json(.slsa)
        #expect(json["_type"] == .string("https://in-toto.io/Statement/v1"))
        #expect(json["predicateType"] == .string("https://slsa.dev/provenance/v1"))
        let digest = json[path: ["subject", "0", "digest", "sha256"]]
        #expect(digest == .string(Fixtures.subject))
        let build = try #require(json[path: ["predicate", "buildDefinition"]])
        #expect(build["buildType"] == .string("urn:palimpsest:build:unlearn:v1"))
        #expect(build["externalParameters"]?["method"] == .string("saddle"))
        let role = build[path: ["resolvedDependencies", "1", "annotations", "role"]]
        #expect(role == .string("init"))
        #expect(build[path: ["resolvedDependencies", "2", "name"]] == .string("code"))
        let details = try #require(json[path: ["predicate", "runDetails"]])
        #expect(details[path: ["builder", "id"]] != nil)
        #expect(details[path: ["metadata", "startedOn"]]?.string?.hasSuffix("Z") == true)
    }

    /// CycloneDX 1.6: required members, and the forms that its patterns ask for.
    @Test func `the bill of materials is a CycloneDX 1 6 model`() throws {
        let json = try json(.cyclonedx)
        #expect(json["bomFormat"] == .string("CycloneDX"))
        #expect(json["specVersion"] == .string("1.6"))
        let serial = try #require(json["serialNumber"]?.string)
        let form = /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
        #expect(serial.wholeMatch(of: form) != nil)
        let model = try #require(json[path: ["metadata", "component"]])
        #expect(model["type"] == .string("machine-learning-model"))
        #expect(model[path: ["hashes", "0", "alg"]] == .string("SHA-256"))
        let ancestor = model[path: ["pedigree", "ancestors", "0", "version"]]
        #expect(ancestor == .string(Fixtures.teacher))
        let metrics = model[path: ["modelCard", "quantitativeAnalysis", "performanceMetrics", "0"]]
        #expect(metrics?["value"] == .string("0.1"))
        #expect(metrics?[path: ["confidenceInterval", "upperBound"]] == .string("0.2"))
        #expect(json[path: ["components", "0", "type"]] == .string("data"))
        #expect(json[path: ["formulation", "0", "workflows", "0", "taskTypes", "0"]] != nil)
    }

    /// The front matter is YAML between two lines of dashes; a fine-tuned model names its base.
    @Test func `the model card has front matter, a base model and the requests`() throws {
        let data = try ExportFormat.modelCard.write(Fixtures.provenance(), event: nil)
        let card = String(decoding: data, as: UTF8.self)
        let parts = card.components(separatedBy: "---\n")
        let front = try JSON(yaml: Data(parts[1].utf8))
        #expect(front["base_model"] == .array([.string("teacher")]))
        #expect(front["base_model_relation"] == .string("finetune"))
        #expect(front["datasets"] == .array([.string("shapes")]))
        let index = front[path: ["model-index", "0", "results", "0"]]
        #expect(front[path: ["model-index", "0", "name"]] == .string("forget \"star\""))
        #expect(index?[path: ["task", "type"]] != nil && index?[path: ["dataset", "type"]] != nil)
        #expect(index?[path: ["metrics", "0", "type"]] == .string("integrity_normalised"))
        #expect(card.contains("| cleansed | pass, policy default v1 |"))
        #expect(card.contains("not absence"))
    }

    @Test func `the graph names every artifact and edge`() throws {
        let data = try ExportFormat.dot.write(Fixtures.provenance(), event: nil)
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "digraph lineage {" && lines.last == "}")
        #expect(lines.filter { $0.contains(" -> ") }.count == 3)
        #expect(lines.filter { $0.contains("shape=") }.count == 3)
    }

    @Test func `the JSON-LD graph derives entities by role`() throws {
        let json = try json(.jsonld)
        let entity = try #require(json[path: ["@graph", "2"]])
        #expect(entity["@id"] == .string("urn:sha256:" + Fixtures.subject))
        let parent = JSON.string("urn:sha256:" + Fixtures.teacher)
        #expect(entity["prov:wasDerivedFrom"] == .array([parent]))
        let role = entity[path: ["prov:qualifiedDerivation", "0", "prov:hadRole"]]
        #expect(role == .string("urn:palimpsest:role:anchor"))
        #expect(json[path: ["@graph", "4", "@type"]] == .string("prov:Activity"))
    }

    @Test func `an import has no run to tell of`() throws {
        var provenance = try Fixtures.provenance()
        provenance.subject = Fixtures.shapes
        #expect(throws: ExportError.self) {
            try ExportFormat.slsa.write(provenance, event: nil)
        }
        #expect(throws: ExportError.self) {
            try ExportFormat.openlineage.write(provenance, event: nil)
        }
        let bom = try ExportFormat.cyclonedx.write(provenance, event: nil)
        #expect(!bom.isEmpty)
    }
}
