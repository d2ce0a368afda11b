import Postgres
import Testing

/// What a verdict stops, and until when.
@Suite(.timeLimit(.minutes(2)))
struct CleansingTests {
    let story: Story

    init() throws { story = try Story.tainted() }

    @Test func `a verdict withdrawn taints every descendant at once, with no row updated`() throws {
        try story.cleanse()
        try story.run(
            """
            SELECT story.distill('student', 'forgetful', 'clean');
            SELECT story.samples('pictures', 'student');
            SELECT story.distill('grandchild', 'student', 'clean');
            """
        )
        let names = ["forgetful", "student", "pictures", "grandchild"]
        #expect(try story.status(names) == ["cleansed", "clean", "clean", "clean"])
        let rows = "SELECT count(*) FROM lineage.artifact"
        let before = try story.column(rows)
        try story.run("SELECT lineage.withdraw_verdict('forgetful', 'wish')")
        #expect(try story.status(names) == ["pending", "exposed", "exposed", "exposed"])
        try story.run("SELECT * FROM lineage.judge('forgetful', 'wish')")
        #expect(try story.status(names) == ["cleansed", "clean", "clean", "clean"])
        #expect(try story.column(rows) == before)
    }

    @Test func `one trained anew needs no verdict but clean parents`() throws {
        try story.run("SELECT story.retrain('oracle', 'teacher', 'clean', 'wish')")
        try story.run("SELECT story.retrain('false-oracle', 'teacher', 'photos', 'wish')")
        #expect(try story.status(["oracle", "false-oracle"]) == ["cleansed", "pending"])
        let origin = "SELECT original_name || ' ' || weight_root_name FROM lineage.original_of"
        #expect(try story.column(origin + "('oracle')") == ["teacher oracle"])
    }

    @Test func `equal bytes are exposed whatever their papers say, and fail as forgetful`() throws {
        try story.run(
            """
            SELECT story.seal('train', 'washed', '{"dataset": "clean"}', '[["dataset", "dataset"]]',
                '{}', '[]', 'checkpoint', 'teacher');
            SELECT story.unlearn('unchanged', 'teacher', 'wish', NULL, 'teacher');
            """
        )
        #expect(try story.status(["washed", "unchanged"]) == ["exposed", "failed"])
        try story.run("SELECT story.evaluate('unchanged', 'teacher', 0.99, 0.0)")
        let verdict = "SELECT result || reasons::text FROM lineage.verdicts WHERE current"
        #expect(try story.column(verdict) == ["fail{unchanged}"])
        let score = "SELECT value FROM lineage.score WHERE name = 'integrity_score'"
        #expect(try story.column(score) == ["1"])
        #expect(
            try story.column("SELECT name FROM lineage.content_twins('teacher') ORDER BY 1")
                == ["unchanged", "washed"]
        )
    }

    @Test func `a policy tightened fails at once what it would not have passed`() throws {
        try story.cleanse()
        try story.run("SELECT story.distill('student', 'forgetful', 'clean')")
        #expect(try story.status(["forgetful", "student"]) == ["cleansed", "clean"])
        try story.run("SELECT lineage.adopt_policy('default', 0.999, 0.1, 0.5, 0.5)")
        #expect(try story.status(["forgetful", "student"]) == ["failed", "exposed"])
        try story.run("SELECT lineage.adopt_policy('default', 0.9, 0.1, 0.5, 0.5)")
        #expect(try story.status(["forgetful", "student"]) == ["cleansed", "clean"])
    }

    @Test func `verdicts lapse with their evaluator, and with evidence that was wrong`() throws {
        try story.cleanse()
        let digest = try story.column("SELECT encode(digest, 'hex') FROM lineage.evaluator")[0]
        #expect(
            try story.column("SELECT name FROM lineage.verdicts_depending_on('\(digest)')")
                == ["forgetful"]
        )
        try story.run("SELECT lineage.revoke_evaluator('\(digest)')")
        #expect(try story.status(["forgetful"]) == ["pending"])
        let error = #expect(throws: PostgresError.self) {
            try story.connection.query("SELECT * FROM lineage.judge('forgetful', 'wish')")
        }
        #expect(error?.description.contains("counts no more") == true)
        #expect(story.refusal("SELECT story.evaluate('forgetful', 'teacher', 1, 0)") == "PL049")
        try story.run("SELECT lineage.revoke_evaluator('\(digest)', restore := true)")
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        try story.run("SELECT lineage.correct('lineage.evidence', 1, 'wrong_pairs')")
        #expect(try story.status(["forgetful"]) == ["pending"])
    }

    @Test func `two requests of one run are judged each for itself`() throws {
        try story.run(
            """
            SELECT story.request('other', 'teacher');
            SELECT story.seal('unlearn', 'double',
                '{"original": "teacher", "a": "wish", "b": "other"}',
                '[["original", "init"], ["original", "anchor"]]',
                '{"method": "saddle", "forget": ["star"]}');
            SELECT story.evaluate('double', 'teacher', 0.99, 0.1);
            SELECT lineage.withdraw_verdict('double', 'other');
            """
        )
        #expect(try story.status(["double"], "wish") == ["cleansed"])
        #expect(try story.status(["double"], "other") == ["pending"])
        #expect(try story.column("SELECT count(*) FROM lineage.unlearn_application") == ["2"])
    }
}
