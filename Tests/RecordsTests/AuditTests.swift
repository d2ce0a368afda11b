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

    /// I5, I7, I13, I16: what was bent that way no longer follows from what it was made of.
    /// Artifact 18 has no children, which would no longer follow either.
    @Test(arguments: [
        ("score", "score SET value = 1, ci_high = 1 WHERE seq = 3"),
        ("artifact", "artifact SET generation = generation + 1 WHERE seq = 18"),
        ("artifact", "artifact SET origin_roots = '{2}' WHERE seq = 18"),
        ("artifact", "artifact SET original = 3 WHERE seq = 18"),
        ("artifact", "artifact SET original = NULL WHERE seq = 18"),
        ("artifact", "artifact SET weight_root = 3 WHERE seq = 18"),
        ("artifact", "artifact SET weight_depth = 2 WHERE seq = 18"),
    ])
    func `recomputation finds what was bent`(problem: String, change: String) throws {
        #expect(try story.column("SELECT problem FROM lineage.recompute()") == [])
        try story.run(
            """
            SET session_replication_role = replica;
            UPDATE lineage.\(change);
            SET session_replication_role = origin;
            """
        )
        #expect(try story.column("SELECT problem FROM lineage.recompute()") == [problem])
    }
}
