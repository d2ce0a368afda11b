import Postgres
import Testing

/// What was known at a time has no part in what came later.
@Suite(.timeLimit(.minutes(2)))
struct AskedOfATimeTests {
    let story: Story
    /// Before anything of a test was done.
    let before: String

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
        try story.run("SELECT story.distill('copied', 'old-student', 'clean')")
        before = try story.column("SELECT clock_timestamp()")[0]
    }

    @Test func `a witness does not pass through equal bytes that came later`() throws {
        try story.run(
            """
            SELECT story.seal('train', 'later', '{"dataset": "photos"}', '[["dataset", "dataset"]]',
                '{"method": "diffusion"}', '[]', 'checkpoint', 'copied');
            """
        )
        let now = try story.column("SELECT witness FROM lineage.requests_status('copied')")
        #expect(now == ["copied ←same_content− later ←dataset− photos"])
        let then = "SELECT witness FROM lineage.requests_status('copied', '\(before)')"
        let way = "copied ←teacher− old-student ←teacher− teacher ←dataset− photos"
        #expect(try story.column(then) == [way])
        let twins = "SELECT name FROM lineage.content_twins('copied'"
        #expect(try story.column(twins + ")") == ["later"])
        #expect(try story.column(twins + ", as_of => '\(before)')") == [])
    }

    @Test func `what was made later was not made then`() throws {
        let runs = "SELECT count(*) FROM lineage.runs_using('photos'"
        let count = try story.column(runs + ")")
        try story.run("SELECT story.unlearn('another', 'teacher', 'wish')")
        #expect(try story.column(runs + ", as_of => '\(before)')") == count)
        #expect(try story.column(runs + ")") != count)
    }

    @Test func `verdicts and what is live are those of the time`() throws {
        try story.run(
            """
            SELECT lineage.withdraw_verdict('forgetful', 'wish');
            SELECT lineage.deploy('new-student', 'production', 'retired');
            """
        )
        let depends = """
            SELECT result || environments::text
            FROM lineage.verdicts_depending_on(encode(sha256('palimpsest.evaluation.featdist.v1'), 'hex')
            """
        let current = ") WHERE name = 'forgetful' AND current"
        #expect(try story.column(depends + current) == ["withdrawn{}"])
        let then = try story.column(depends + ", as_of => '\(before)'" + current)
        #expect(then == ["pass{production}"])
    }
}
