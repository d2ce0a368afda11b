import Postgres
import Testing

/// A row said to be wrong is one that is there, and one of which that means something.
@Suite(.timeLimit(.minutes(1)))
struct CorrectionTests {
    let story: Story

    init() throws {
        story = try Story.tainted()
        try story.cleanse()
    }

    @Test(arguments: [
        ("lineage.nosuch', 1", "known are lineage.artifact, lineage.evidence"),
        ("lineage.evidence', 424242", "lineage.evidence has no row 424242"),
        ("queue.job', 1", "no correction of such a row means anything"),
        ("lineage.edge', 1", "correct the run that it is of"),
        ("lineage.unlearn_application', 1", "correct the verdicts on what its run made"),
        ("lineage.deployment_event', 1", "lineage.deploy"),
        ("lineage.forget_request', 1", "lineage.withdraw_request"),
        ("lineage.policy', 1", "lineage.adopt_policy"),
    ])
    func `what is not there or means nothing is refused`(row: String, says: String) throws {
        let error = #expect(throws: PostgresError.self) {
            try story.run("SELECT lineage.correct('\(row), 'mistaken')")
        }
        #expect(error?.sqlState == "PL080")
        let told = try #require(error)
        #expect("\(told)".contains(says), "\(told)")
    }

    @Test func `another row in its place must be there too`() throws {
        let error = #expect(throws: PostgresError.self) {
            try story.run("SELECT lineage.correct('lineage.evidence', 1, 'mistaken', 424242)")
        }
        #expect(error?.message.contains("has no row 424242") == true)
        try story.run(
            "SELECT lineage.correct('lineage.import', artifact, 'mistaken') "
                + "FROM lineage.import ORDER BY artifact LIMIT 1"
        )
    }
}
