import Postgres
import Testing

/// A request that was withdrawn or superseded asks for nothing, whichever question is asked.
@Suite(.timeLimit(.minutes(2)))
struct OverRequestTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    @Test func `a request that is over asks for nothing, and did before`() throws {
        let before = try story.column("SELECT clock_timestamp()")[0]
        try story.run("SELECT story.request('better', 'photos')")
        try story.run("SELECT lineage.withdraw_request('wish', 'better')")
        let questions = [
            "exposed_deployments('wish'", "distilled_before_cleansing('teacher', 'wish'",
            "reintroduced('wish'", "remediation_plan('wish'",
        ]
        for question in questions {
            let names = "SELECT name FROM lineage.\(question)"
            #expect(try story.column(names + ")") == [], "\(question)")
            let then = try story.column(names + ", as_of => '\(before)')")
            #expect(!then.isEmpty, "\(question)")
        }
        #expect(try story.column("SELECT name FROM lineage.what_if_revoke(1)") == [])
        let asked = try story.column("SELECT name FROM lineage.exposed_deployments('better')")
        #expect(asked == ["old-student", "new-student", "late-student"])
    }
}
