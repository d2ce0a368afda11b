import Postgres
import Testing

/// Numbers that questions set side by side are those of evidence in force, of one time.
@Suite(.timeLimit(.minutes(2)))
struct ComparedTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    @Test func `integrity is followed through a merge, and from one trained again`() throws {
        let drift = """
            SELECT concat_ws(' ', depth, name, against_original) FROM lineage.integrity_drift(
            """
        try story.run(
            """
            SELECT story.merge('blend', 'forgetful', 'twice');
            SELECT story.evaluate('blend', 'teacher', 0.99, 0.4);
            """
        )
        #expect(try story.column(drift + "'blend')") == ["1 forgetful 0.1", "2 blend 0.4"])
        try story.run(
            """
            SELECT story.retrain('oracle', 'teacher', 'clean', 'wish');
            SELECT story.evaluate('oracle', 'teacher', 0.99, 0.7);
            """
        )
        #expect(try story.column(drift + "'oracle')") == ["0 oracle 0.7"])
    }

    @Test func `scores are compared by any evidence in force, not the newest alone`() throws {
        let comparable = "SELECT differs FROM lineage.comparable('forgetful', 'twice')"
        #expect(try story.column(comparable) == ["{}"])
        try story.run("SELECT lineage.correct('lineage.evidence', 4, 'mispaired')")
        // What is left of `twice` was measured against another original.
        #expect(try story.column(comparable) == ["{reference}"])
    }

    @Test func `versions that came later were not there then`() throws {
        let before = try story.column("SELECT clock_timestamp()")[0]
        try story.run("SELECT story.unlearn('another', 'teacher', 'wish')")
        let versions = "SELECT count(*) FROM lineage.unlearned_from('teacher'"
        #expect(try story.column(versions + ")") == ["5"])
        #expect(try story.column(versions + ", as_of => '\(before)')") == ["4"])
    }
}
