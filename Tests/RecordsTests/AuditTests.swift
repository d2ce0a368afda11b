import Postgres
import Records
import Testing

/// What a superuser leaves behind who switches rules off.
@Suite(.timeLimit(.minutes(2)))
struct AuditTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    /// I3 and its limit, which the page states: only the hash chain shows this.
    @Test func `a superuser can switch the triggers off`() throws {
        try story.run(
            """
            SET session_replication_role = replica;
            UPDATE lineage.verdict SET reasons = '{x}' WHERE seq = 1;
            SET session_replication_role = origin;
            """
        )
        #expect(try story.column("SELECT reasons FROM lineage.verdict WHERE seq = 1") == ["{x}"])
        let found = try LogVerifier(story.connection).verify().findings
        #expect(found.map { "\($0.table) \($0.key) \($0.column ?? "")" } == ["verdict 1 reasons"])
    }
}
