import Exports
import Jobs
import Postgres
import Records
import Testing

/// What leaves the ledger about an artifact is about that artifact.
@Suite(.timeLimit(.minutes(2)))
struct ProvenanceTests {
    let story: Story

    init() throws {
        story = try Story.tainted()
        try story.cleanse("forgetful")
        try story.cleanse("other")
        try story.run(
            """
            SELECT story.unlearn('twice', 'forgetful', 'wish');
            SELECT story.evaluate('twice', 'forgetful', 0.99, 0.1);
            SELECT story.evaluate('twice', 'teacher', 0.99, 0.1);
            SELECT lineage.withdraw_verdict('other', 'wish');
            """
        )
    }

    private func provenance(_ name: String) throws -> Provenance {
        try Provenance(Ledger(story.connection).provenance(of: name))
    }

    @Test func `an artifact has its own verdicts and its ancestors', and no other's`() throws {
        for (name, results) in [
            ("forgetful", ["pass"]), ("twice", ["pass", "pass"]), ("other", ["withdrawn"]),
        ] {
            let provenance = try provenance(name)
            #expect(provenance.verdicts.map(\.result) == results, "\(name)")
            #expect(provenance.verdicts.last?.artifact == provenance.subject, "\(name)")
        }
        for name in ["photos", "judge", "teacher"] {
            #expect(try provenance(name).verdicts == [], "\(name)")
        }
    }

    @Test func `a verdict that lapsed is told with what it comes to`() throws {
        #expect(try provenance("forgetful").verdicts.map(\.status) == ["cleansed"])
        try story.run(
            "SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator"
        )
        #expect(try provenance("forgetful").verdicts.map(\.status) == ["pending"])
    }

    @Test func `a card has a row for each request, however often it was applied`() throws {
        let provenance = try provenance("twice")
        let data = try ExportFormat.modelCard.write(provenance, event: nil)
        let rows = String(decoding: data, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("| wish | saddle") }
        try #require(rows.count == 1)
        #expect(rows[0].contains("| saddle, saddle |") && rows[0].contains("| cleansed |"))
    }
}
