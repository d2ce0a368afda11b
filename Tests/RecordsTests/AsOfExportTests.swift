import Exports
import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// An export is a function of the ledger, a time and the exporter's version; and it says what an
/// artifact carries.
@Suite(.timeLimit(.minutes(2)))
struct AsOfExportTests {
    let story: Story
    private let key = SigningKey()
    private var ledger: Ledger { Ledger(story.connection) }

    /// The story of Documentation/lineage.md.
    init() throws { story = try Story(fixtures: ["ledger.sql", "story.sql"]) }

    private func write(
        _ format: ExportFormat,
        _ name: String,
        asOf time: String = "infinity"
    ) throws -> String {
        let provenance = try Provenance(ledger.provenance(of: name, asOf: time))
        let event = try ledger.openLineageEvent(of: provenance.subject)
        let files = ["weights": Digest(of: Data())]
        let data = try format.write(provenance, event: event, files: files)
        return String(decoding: data, as: UTF8.self)
    }

    private func seal() throws -> EpochStatement? {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try LogSealer(story.connection, key: key, folder: folder).seal()
    }

    private func now() throws -> String { try story.column("SELECT clock_timestamp()")[0] }

    /// All that may change afterwards: a verdict, a measurement, a name, a request, an epoch.
    private func goOn() throws {
        try story.run(
            """
            SELECT lineage.withdraw_verdict('forgetful', 'wish');
            SELECT story.evaluate('forgetful', 'teacher', 0.5, 0.2);
            INSERT INTO lineage.alias_event (name, artifact)
            VALUES ('forgetful', lineage.resolve('timid'));
            SELECT story.request('another', ARRAY['photos'], NULL);
            """
        )
        _ = try seal()
    }

    @Test(arguments: ExportFormat.allCases)
    func `an export of a time is written again, byte for byte`(format: ExportFormat) throws {
        _ = try seal()
        let digest = try ledger.resolve("forgetful").artifact.hex
        let time = try now()
        let before = try write(format, "forgetful", asOf: time)
        try goOn()
        #expect(try write(format, "forgetful", asOf: time) == before)
        #expect(try write(format, digest, asOf: time) == before)
        // OpenLineage tells of a run as it was at its seal, and model signing names the files.
        if format != .openlineage { #expect(try write(format, digest) != before) }
    }

    @Test func `what had changed by then is told`() throws {
        let digest = try ledger.resolve("forgetful").artifact.hex
        let bill = try write(.cyclonedx, "forgetful", asOf: now())
        #expect(bill.contains(":\"pass by policy default version 1\"}"))
        #expect(bill.contains(":\"cleansed\"}"))
        try goOn()
        let later = try write(.cyclonedx, digest, asOf: now())
        #expect(!later.contains(":\"cleansed\"}"))
        #expect(later.contains("palimpsest:request:") && later.contains(":\"another\"}"))
        #expect(later.contains("palimpsest:epoch:root"))
    }

    @Test func `a time that has not come has no export`() throws {
        let early = #expect(throws: PostgresError.self) {
            try ledger.provenance(of: "forgetful", asOf: "2999-01-01")
        }
        #expect(early?.sqlState == "PL080" && early?.message.contains("not come yet") == true)
        let late = #expect(throws: PostgresError.self) {
            try ledger.provenance(of: "forgetful", asOf: "2001-01-01")
        }
        #expect(late?.sqlState == "PL010")
    }

    @Test func `the card of an exposed student says so, and of which way`() throws {
        let card = try write(.modelCard, "old-student")
        let row = try #require(card.split(separator: "\n").first { $0.hasPrefix("| wish | ") })
        #expect(row.hasPrefix("| wish | exposed | "))
        #expect(row.hasSuffix("| old-student ←teacher− teacher ←dataset− photos |"))
        let bill = try write(.cyclonedx, "old-student")
        #expect(bill.contains("\"value\":\"exposed\""))
        #expect(bill.contains("old-student ←teacher− teacher ←dataset− photos"))
    }

    @Test func `the card of a clean student says so, and what its teacher's verdict is`() throws {
        let card = try write(.modelCard, "new-student")
        #expect(card.contains("| wish | clean | "))
        #expect(card.contains("| clean | pass, policy default v1 on forgetful (cleansed) |"))
    }

    @Test func `the proof link is that of the newest epoch`() throws {
        let digest = try ledger.resolve("forgetful").artifact.hex
        #expect(try write(.modelCard, "forgetful").contains("No signed epoch"))
        for number in 1...2 {
            let epoch = try #require(try seal())
            let card = try write(.modelCard, "forgetful")
            #expect(card.contains("Epoch \(number) of the ledger's log"))
            #expect(card.contains("under the root `\(epoch.root.hex)`"))
            #expect(card.contains("the key `\(key.verifying.id)`"))
            #expect(card.contains("palimpsest lineage proof \(digest) -o "))
            try story.run("SELECT story.data('more-\(number)')")
        }
    }

    /// Each evaluation of the artifact, and none of another's.
    @Test func `byproducts are the reports of the artifact's evaluations`() throws {
        let statement = try JSON(parsing: Data(write(.slsa, "twice").utf8))
        let found = statement["predicate"]?["runDetails"]?["byproducts"]
        let reports = try story.column(
            """
            SELECT encode(a.digest, 'hex') FROM lineage.artifact a
            JOIN lineage.edge e ON e.child = a.seq AND e.role = 'eval_subject'
            WHERE e.parent = lineage.resolve('twice') ORDER BY a.seq
            """
        )
        guard case .array(let told)? = found else { throw PostgresError("no byproducts") }
        #expect(told.map { $0["digest"]?["sha256"]?.string } == reports && reports.count == 2)
    }
}
