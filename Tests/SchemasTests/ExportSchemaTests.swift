import Exports
import Foundation
import Jobs
import LocalStack
import Postgres
import Proofs
import Records
import Testing

/// What leaves the ledger, beside the published schemas (facts of them in `Fixtures/schemas`).
@Suite(.timeLimit(.minutes(2))) struct ExportSchemaTests {
    private static let fixtures = JobSchemaTests.repository.appending(path: "Tests/Fixtures")
    private let ledger: Ledger
    private let connection: Connection

    /// The story of Documentation/lineage.md.
    init() throws {
        connection = try Connection(PrivatePostgres.testDatabase())
        ledger = Ledger(connection)
        for file in ["ledger.sql", "story.sql"] {
            let script = ExportSchemaTests.fixtures.appending(path: file)
            try connection.execute(script: String(contentsOf: script, encoding: .utf8))
        }
    }

    private static let files: [ExportFormat: String] = [
        .openlineage: "openlineage-2-0-2", .slsa: "slsa-provenance-v1",
        .cyclonedx: "cyclonedx-1.6", .oms: "model-signing-v1",
    ]

    static func check(_ name: String) throws -> SchemaCheck {
        let file = ExportSchemaTests.fixtures.appending(path: "schemas/\(name).json")
        return SchemaCheck(schema: try JSON(parsing: Data(contentsOf: file)))
    }

    private func export(_ name: String, as format: ExportFormat) throws -> JSON {
        let bytes = try format.write(
            Provenance(ledger.provenance(of: name, asOf: "now")),
            event: ledger.openLineageEvent(of: name),
            files: ["config.json": Digest(of: Data()), "weights": Digest(of: Data("w".utf8))]
        )
        return try JSON(parsing: bytes)
    }

    /// Made by training, by distilling, by unlearning once and twice, and imported.
    @Test(arguments: [ExportFormat.openlineage, .slsa, .cyclonedx, .oms])
    func `an export is valid by its published schema`(format: ExportFormat) throws {
        let check = try ExportSchemaTests.check(try #require(ExportSchemaTests.files[format]))
        _ = try seal()
        for name in ["teacher", "old-student", "new-student", "forgetful", "twice", "photos"] {
            if name == "photos", [.openlineage, .slsa].contains(format) {
                #expect(throws: ExportError.self) { try export(name, as: format) }
                continue
            }
            let document = try export(name, as: format)
            #expect(try check.problems(document) == [], "\(name)")
        }
    }

    /// The check would see it: a member left out that is required, renamed, or of another type.
    @Test(arguments: [ExportFormat.openlineage, .slsa, .cyclonedx, .oms])
    func `a document bent in one place is not valid`(format: ExportFormat) throws {
        let check = try ExportSchemaTests.check(try #require(ExportSchemaTests.files[format]))
        guard case .object(let members) = try export("forgetful", as: format) else { return }
        for name in members.keys {
            var renamed = members
            renamed["x" + name] = renamed.removeValue(forKey: name)
            #expect(try !check.problems(.object(renamed)).isEmpty, "\(name)")
            let other = JSON.object(members.merging([name: .bool(true)]) { $1 })
            #expect(try !check.problems(other).isEmpty, "\(name)")
        }
        for name in check.schema["required"]?.list.compactMap(\.string) ?? [] {
            let less = JSON.object(members.filter { $0.key != name })
            #expect(try !check.problems(less).isEmpty, "\(name)")
        }
    }

    /// Signs all that the log has, and returns the key.
    private func seal() throws -> SigningKey {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = SigningKey()
        try LogSealer(connection, key: key, folder: folder).seal()
        return key
    }

    /// A proof and a signed epoch are DSSE envelopes; a proof holds an in-toto statement.
    @Test func `a proof is an in-toto statement`() throws {
        let proof = try ledger.proof(of: "forgetful", key: seal())
        #expect(proof.type == "application/vnd.in-toto+json")
        let statement = try JSON(parsing: proof.payload)
        #expect(try ExportSchemaTests.check("in-toto-statement-v1").problems(statement) == [])
    }

    /// The events that really went out.
    @Test func `every event in the outbox is a run event of OpenLineage`() throws {
        let check = try ExportSchemaTests.check("openlineage-2-0-2")
        let sent = try Outbox(connection).take(limit: 1_000).filter {
            $0.headers["ce_type"] == "io.openlineage.RunEvent"
        }
        #expect(sent.count > 10)
        for message in sent {
            #expect(try check.problems(JSON(parsing: #require(message.value))) == [])
        }
    }
}
