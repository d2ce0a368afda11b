import Exports
import Foundation
import Jobs
import Testing

/// The facts of the published schemas that each export must keep to.
struct ExportsTests {
    private func json(_ format: ExportFormat) throws -> JSON {
        let data = try format.write(
            Fixtures.provenance(),
            event: .object([:]),
            files: Fixtures.files
        )
        return try JSONDecoder().decode(JSON.self, from: data)
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
        let report = details[path: ["byproducts", "0", "digest", "sha256"]]
        #expect(report == .string(String(repeating: "d", count: 64)))
    }

    /// Beside what the user asked for, what the worker was: its device, its libraries, its system.
    @Test func `the SLSA statement says what the run stood on`() throws {
        let build = try #require(try json(.slsa)[path: ["predicate", "buildDefinition"]])
        let parameters = try #require(build["internalParameters"])
        #expect(parameters["deviceClass"] == .string("cpu"))
        #expect(parameters["deterministic"] == .bool(true))
        #expect(parameters["machine"] == .string("x86_64"))
        #expect(parameters["asOf"] == .string("2026-01-06T00:00:00.000000Z"))
        #expect(parameters["exporter"]?.string != nil)
        // As the linker knows it, whatever the words of a name are joined by.
        #expect(build[path: ["resolvedDependencies", "4", "name"]] == .string("lib_torch_cpu.so"))
        #expect(build[path: ["externalParameters", "method"]] == .string("saddle"))
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
        let tool = json[path: ["metadata", "tools", "components", "0"]]
        #expect(tool?["type"] == .string("application") && tool?["version"] != nil)
    }

    private func properties(_ name: String, at path: [String]) throws -> [String: JSON] {
        let data = try ExportFormat.cyclonedx.write(Fixtures.provenance(name))
        let component = ["metadata", "component"] + path + ["properties"]
        guard case .array(let pairs)? = try JSON(parsing: data)[path: component] else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: pairs.map { ($0["name"]?.string ?? "", $0["value"] ?? .null) }
        )
    }

    @Test func `the bill of materials says what the model carries and where the log has it`()
        throws
    {
        let id = "42222222-2222-4222-8222-222222222222"
        let student = try properties("student", at: [])
        #expect(student["palimpsest:status:\(id)"] == .string("exposed"))
        #expect(student["palimpsest:witness:\(id)"]?.string?.hasSuffix("shapes") == true)
        #expect(student["palimpsest:verdict:\(id)"] == nil)
        #expect(student["palimpsest:epoch"] == nil)
        let teacher = try properties("student", at: ["pedigree", "ancestors", "1"])
        #expect(teacher["palimpsest:role"] == .string("teacher"))
        #expect(teacher["palimpsest:status:\(id)"] == .string("cleansed"))
        #expect(teacher["palimpsest:verdict:\(id)"]?.string?.hasPrefix("pass by") == true)
        let forgetful = try properties("forgetful", at: [])
        #expect(forgetful["palimpsest:status:\(id)"] == .string("cleansed"))
        #expect(forgetful["palimpsest:epoch"] == .string("3"))
        #expect(forgetful["palimpsest:epoch:key"] == .string("key-1"))
        #expect(forgetful["palimpsest:proof"]?.string?.contains(Fixtures.subject) == true)
    }

    /// Two bills that differ are not one.
    @Test func `a bill of materials has a serial number of its own`() throws {
        var provenance = try Fixtures.provenance()
        let numbers = try (0..<2).map { number in
            provenance.requests[0].status = ["cleansed", "pending"][number]
            return try JSON(parsing: ExportFormat.cyclonedx.write(provenance))["serialNumber"]
        }
        #expect(numbers[0] != numbers[1] && numbers[0] != nil)
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
        #expect(card.contains("as of 2026-01-06"))
    }

    @Test func `the model card says what a model carries, and what its teacher forgot`() throws {
        let data = try ExportFormat.modelCard.write(Fixtures.provenance("student"))
        let card = String(decoding: data, as: UTF8.self)
        #expect(card.contains("| wish | exposed | 2026-01-01T12:00:00.000000Z |  | student ←init−"))
        let verdict = #"| exposed | pass, policy default v1 on forget "star" (cleansed) |"#
        #expect(card.contains(verdict))
        #expect(card.contains("No signed epoch"))
        #expect(card.contains("There are more"))
        var none = try Fixtures.provenance("student")
        (none.requests, none.moreRequests) = ([], false)
        let empty = String(decoding: try ExportFormat.modelCard.write(none), as: UTF8.self)
        #expect(empty.contains("## Requests to forget\n\nNone was known."))
    }

    @Test func `the model card links to the proof`() throws {
        let data = try ExportFormat.modelCard.write(Fixtures.provenance())
        let card = String(decoding: data, as: UTF8.self)
        #expect(card.contains("Epoch 3 of the ledger's log"))
        #expect(card.contains("with the key `key-1`"))
        #expect(card.contains(String(repeating: "e", count: 64)))
        #expect(card.contains("palimpsest lineage proof \(Fixtures.subject) -o proof.json\n"))
    }

    /// OMS 1.0: what its reference implementation hashes, in the order in which it does.
    @Test func `the model signing statement is the reference implementation's`() throws {
        let json = try json(.oms)
        #expect(json["predicateType"] == .string("https://model_signing/signature/v1.0"))
        let root = json[path: ["subject", "0", "digest", "sha256"]]
        #expect(root == .string(Fixtures.root))
        let resource = json[path: ["predicate", "resources", "0"]]
        #expect(resource?["name"] == .string("config.json"))
        #expect(resource?["algorithm"] == .string("sha256"))
        #expect(throws: ExportError.self) { try ExportFormat.oms.write(Fixtures.provenance()) }
    }

    /// U+FF5E comes before U+1F600, though in UTF-16 it does not.
    @Test func `files are in the order of their names' code points`() throws {
        let names = ["é", "e\u{301}z", "Z", "a/b", "\u{1F600}", "\u{FF5E}"]
        let files = Dictionary(uniqueKeysWithValues: names.map { ($0, Digest(of: Data())) })
        let data = try ExportFormat.oms.write(Fixtures.provenance(), files: files)
        let resources = try JSON(parsing: data)[path: ["predicate", "resources"]]
        guard case .array(let listed)? = resources else { return }
        let expected = ["Z", "a/b", "e\u{301}z", "é", "\u{FF5E}", "\u{1F600}"]
        #expect(listed.map { $0["name"] } == expected.map { .string($0) })
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
