import Postgres
import Testing

/// Verdicts and policies, bent in vain by the owner, who is a superuser.
@Suite(.timeLimit(.minutes(2)))
struct JudgementTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    private static let teacher = "(SELECT artifact FROM lineage.alias WHERE name = 'teacher')"

    /// Statements, each with what refuses it.
    private static let refused = [
        // A verdict follows from evidence and the policy in force, over the one before.
        (verdict("result", "'fail'"), "PL054"),
        (verdict("result", "'inconclusive'"), "PL054"),
        (verdict("evidence", "NULL"), "23514"),
        (verdict("evidence", "2"), "PL053"),
        (verdict("evidence", "99"), "PL053"),
        (verdict("policy", "99"), "PL046"),
        (verdict("supersedes", "NULL"), "PL052"),
        (verdict("supersedes", "2"), "PL052"),
        (verdict("artifact", teacher), "PL052"),
        (verdict("reasons", "'{leak_null}'"), "PL054"),
        // A policy's limits are shares, and its versions follow each other.
        ("SELECT lineage.adopt_policy('default', 1.5, 0, 0, 0)", "23514"),
        ("SELECT lineage.adopt_policy('default', 'NaN', 0, 0, 0)", "23514"),
        (
            "INSERT INTO lineage.policy (name, version, forgetting_min, leak_max, validity_min, "
                + "integrity_max) VALUES ('default', 1, 1, 1, 1, 1)", "23505"
        ),
        // A request has a name of its own.
        ("SELECT lineage.request_forgetting('wish', 'concept', sha256(''), 1, 'x', '{}')", "PL056"),
        (
            "SELECT lineage.request_forgetting('teacher', 'concept', sha256(''), 1, 'x', '{}')",
            "PL056"
        ),
        // Items that somebody leaves out are left out from birth.
        (
            "INSERT INTO lineage.edge (child, parent, role, run, excludes) "
                + "VALUES (4, 1, 'init', 1, '{1}')", "PL031"
        ),
        // An import is what its source declared.
        (
            "INSERT INTO lineage.import (artifact, source, declared_digest) "
                + "VALUES (4, 'x', sha256('other'))", "PL044"
        ),
    ]

    /// The first verdict over itself, with one column changed.
    private static func verdict(_ column: String, _ value: String) -> String {
        let columns = [
            "artifact", "request", "policy", "evidence", "result", "reasons", "supersedes",
        ]
        let values = columns.map { $0 == column ? value : $0 == "supersedes" ? "seq" : $0 }
        return """
            INSERT INTO lineage.verdict (\(columns.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM lineage.verdict WHERE seq = 1
            """
    }

    @Test func `nothing that is judged can be bent`() {
        for (sql, state) in JudgementTests.refused {
            #expect(story.refusal(sql) == state, "\(sql)")
        }
    }
}
