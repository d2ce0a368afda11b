import Foundation
@testable import Jobs
import Testing

struct JobSchemaTests {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func check(_ kind: JobKind) throws -> SchemaCheck {
        let document = try Schemas.documents()["job.\(kind.rawValue).submit.v1.json"]
        return SchemaCheck(schema: try #require(document))
    }

    @Test func `the committed documents are what the types say now`() throws {
        let folder = JobSchemaTests.repository.appending(path: "Documentation/schemas")
        let documents = try Schemas.documents()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(documents.keys))
        for (name, document) in documents {
            let committed = try Data(contentsOf: folder.appending(path: name))
            let same = try committed == Schemas.bytes(of: document)
            #expect(same, "\(name): run `palimpsest schemas Documentation/schemas`")
        }
    }

    @Test func `every file of Compose/Jobs is valid by its schema`() throws {
        let folder = JobSchemaTests.repository.appending(path: "Compose/Jobs")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count >= 20)
        for file in files {
            let body = try JSON(yaml: Data(contentsOf: folder.appending(path: file)))
            let name = body["kind"]?.string ?? ""
            let kind = try #require(JobKind(rawValue: name))
            #expect(try JobSchemaTests.check(kind).problems(body) == [], "\(file)")
        }
    }

    @Test(arguments: JobKind.allCases)
    func `the schema has every field that the decoder reads`(kind: JobKind) throws {
        let schema = try JobSchemaTests.check(kind).schema
        for branch in schema["oneOf"]?.list ?? [schema] {
            #expect(branch["properties"]?.members.map { Set($0.keys) } == Set(JobRequest.fields))
        }
    }

    /// Schema and decoder are asked about the same changes of a good body: each bound and what lies
    /// beyond it, each type, each choice, members left out and members too many.
    @Test(arguments: JobKind.allCases)
    func `schema and decoder agree on every change of every field`(kind: JobKind) throws {
        let check = try JobSchemaTests.check(kind)
        var asked = 0
        for branch in check.schema["oneOf"]?.list ?? [check.schema] {
            let good = JobSchemaTests.good(kind, branch)
            #expect(try check.problems(good) == [])
            let changes = Changes(schema: branch, good: good)
            for (change, body) in changes.all {
                let valid = try SchemaCheck(schema: branch).problems(body).isEmpty
                let refusal = JobSchemaTests.refusal(of: body, kind)
                let isAboutSeveral = changes.describe(refusal)
                #expect(valid == refusal.isEmpty || valid && isAboutSeveral, "\(change) \(refusal)")
                asked += 1
            }
        }
        #expect(asked > 100)
    }

    /// The least that a job of this branch's method must say.
    private static func good(_ kind: JobKind, _ branch: JSON) -> JSON {
        let spec = branch["properties"]?["spec"]
        var members: [String: JSON] = [:]
        if let method = spec?["properties"]?["method"]?["const"] { members["method"] = method }
        if kind == .unlearn { members["forget"] = .array(["star"]) }
        var roles = branch["properties"]?["inputs"]?["required"]?.list.compactMap(\.string) ?? []
        if kind == .evaluate { roles.append("dataset") }
        let inputs = Dictionary(roles.map { ($0, JSON.string("some-\($0)")) }) { $1 }
        return ["spec": .object(members), "inputs": .object(inputs)]
    }

    /// What the decoder has against `body`.
    private static func refusal(of body: JSON, _ kind: JobKind) -> [String] {
        do {
            _ = try JobRequest(body, kind: kind, fallbackID: UUID())
            return []
        } catch {
            return error.problems
        }
    }
}
