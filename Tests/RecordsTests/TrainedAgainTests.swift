import Postgres
import Testing

/// A teacher trained again without the request's items is cleansed by its parents, and the questions
/// about students, relapses and remedies know it as one that passed.
@Suite(.timeLimit(.minutes(2)))
struct TrainedAgainTests {
    let story: Story

    init() throws {
        story = try Story.tainted()
        try story.run(
            """
            SELECT story.distill('early', 'teacher', 'clean');
            SELECT story.retrain('oracle', 'teacher', 'clean', 'wish');
            SELECT story.distill('late', 'teacher', 'clean');
            SELECT story.train('relapse', 'photos', 'oracle');
            SELECT lineage.set_gate('lab', false);
            SELECT lineage.deploy(n, 'lab') FROM unnest('{teacher,early,late}'::text[]) n;
            """
        )
    }

    private static let made = """
        SELECT concat_ws(' ', s.name, s.made, CASE
            WHEN s.successor IS NOT NULL THEN lineage.called(lineage.resolve(s.successor))
        END) FROM lineage.distilled_before_cleansing('teacher', 'wish') s
        """

    @Test func `it parts students made before it from those made after`() throws {
        #expect(try story.status(["oracle"]) == ["cleansed"])
        #expect(try story.column(Self.made) == ["early before oracle", "late after oracle"])
    }

    @Test func `it takes the place of what it replaces, which is not to be made again`() throws {
        let plan = "SELECT name || ': ' || action FROM lineage.remediation_plan('wish')"
        let again = "make again from the cleansed teacher"
        let steps = ["teacher: replace by oracle", "early: \(again)", "late: \(again)"]
        #expect(try story.column(plan) == steps)
    }

    @Test func `what lets the items in again after it is found`() throws {
        let found = "SELECT name || ' ' || clean_parent FROM lineage.reintroduced('wish')"
        #expect(try story.column(found) == ["relapse oracle"])
    }

    @Test func `it is no successor with a tainted parent, nor before it was there`() throws {
        try story.run("SELECT lineage.add_source('wish', 'clean')")
        let made = try story.column(Self.made)
        #expect(made == ["early before", "late before"])
        let then = "(SELECT recorded_at FROM lineage.describe('early'))"
        #expect(try story.column("SELECT lineage.cleansed(1, \(then))") == ["{}"])
    }

    /// Every question that calls artifacts calls one without a name by digits of its digest.
    @Test func `a parent without a name is called by its digest`() throws {
        let digits = try story.column("SELECT left(artifact, 12) FROM lineage.describe('oracle')")
        try story.run(
            """
            INSERT INTO lineage.alias_event (name, artifact)
            VALUES ('oracle', lineage.resolve('judge'))
            """
        )
        let found = "SELECT clean_parent FROM lineage.reintroduced('wish')"
        #expect(try story.column(found) == digits)
    }
}
