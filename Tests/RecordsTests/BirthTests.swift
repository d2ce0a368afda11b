import Postgres
import Testing

/// What the seal's own function makes of runs that are not as they must be.
@Suite(.timeLimit(.minutes(2)))
struct BirthTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    /// Seals that break a rule at commit.
    private static let misbirths = [
        // Held to what is not its original.
        ("SELECT story.unlearn('x', 'teacher', 'wish', 'judge')", "PL043"),
        (
            "SELECT story.seal('train', 'x', '{\"d\": \"clean\", \"a\": \"teacher\"}', "
                + "'[[\"d\", \"dataset\"], [\"a\", \"anchor\"]]')", "PL043"
        ),
        // A merge of one, or with data; a retraining that replaces nothing, or starts from something.
        (
            "SELECT story.seal('merge', 'x', '{\"a\": \"teacher\"}', '[[\"a\", \"merge\"]]')",
            "PL042"
        ),
        (
            "SELECT story.seal('merge', 'x', '{\"a\": \"teacher\", \"b\": \"clean\"}', "
                + "'[[\"a\", \"merge\"], [\"b\", \"merge\"]]')", "PL037"
        ),
        (
            "SELECT story.seal('unlearn', 'x', '{\"original\": \"teacher\"}', "
                + "'[[\"original\", \"init\"]]', '{\"method\": \"retrain\", \"forget\": [\"a\"]}')",
            "PL033"
        ),
        (
            "SELECT story.seal('train', 'x', '{\"d\": \"clean\", \"a\": \"teacher\"}', "
                + "'[[\"d\", \"dataset\"], [\"a\", \"replaces\"]]')", "PL033"
        ),
        // Unlearned from nothing.
        (
            "SELECT story.seal('unlearn', 'x', '{\"original\": \"teacher\"}', '[]', "
                + "'{\"method\": \"saddle\", \"forget\": [\"a\"]}')", "PL033"
        ),
        // One seal of a job.
        ("SELECT story.train('x', 'clean'), story.train('x', 'clean')", "23505"),
    ]

    @Test func `a run whose outputs break a rule seals nothing`() throws {
        let before = try story.column("SELECT count(*) FROM lineage.run")
        for (sql, state) in BirthTests.misbirths {
            #expect(story.refusal(sql) == state, "\(sql)")
        }
        #expect(try story.column("SELECT count(*) FROM lineage.run") == before)
    }

    @Test func `an anchor drawn from the original is one, and an adapter has its base`() throws {
        try story.run(
            """
            SELECT story.samples('shots', 'teacher');
            SELECT story.unlearn('held', 'teacher', 'wish', 'shots');
            SELECT story.seal('train', 'adapter', '{"d": "clean", "b": "teacher"}',
                '[["d", "dataset"], ["b", "init"]]', '{}', '[]', 'adapter');
            """
        )
        let root = "SELECT weight_root_name FROM lineage.original_of"
        #expect(try story.column(root + "('adapter')") == ["teacher"])
    }

    /// The last number is refused like any other that is not there; nothing is left behind.
    @Test func `a sequence that has run out seals nothing`() throws {
        let before = try story.column("SELECT count(*) FROM lineage.run")
        try story.run("SELECT setval('lineage.artifact_seq_seq', 9223372036854775807)")
        #expect(story.refusal("SELECT story.train('x', 'clean')") == "2200H")
        #expect(try story.column("SELECT count(*) FROM lineage.run") == before)
    }

    /// A superuser may write what he wants, but the check of an artifact and its entry are one
    /// trigger, so what is not checked is not logged either.
    @Test func `no artifact is logged without its check`() throws {
        let triggers = """
            SELECT tgname FROM pg_trigger
            WHERE tgrelid = 'lineage.artifact'::regclass AND tgdeferrable AND NOT tgisinternal
            """
        #expect(try story.column(triggers) == ["log_row"])
    }
}
