import Postgres
import Testing

/// Two gates, both wanted; what lies on a limit is undecided.
@Suite(.timeLimit(.minutes(2)))
struct VerdictTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(
            """
            SELECT story.data('photos'), story.data('clean');
            SELECT story.train('judge', 'clean'), story.train('teacher', 'photos');
            SELECT story.request('wish', 'photos');
            """
        )
    }

    private func verdict(_ evaluation: String) throws -> String {
        try story.run(
            "SELECT story.unlearn('m' || (SELECT count(*) FROM lineage.run), 'teacher', 'wish')"
        )
        let name = try story.column(
            "SELECT name FROM lineage.alias ORDER BY artifact DESC LIMIT 1"
        )[0]
        try story.run("SELECT story.evaluate('\(name)', 'teacher', \(evaluation))")
        return try story.column(
            "SELECT result || reasons::text FROM lineage.verdicts ORDER BY verdict DESC LIMIT 1"
        )[0]
    }

    @Test func `each gate passes, fails and hesitates`() throws {
        let cases = [
            ("0.99, 0.1", "pass{}"),
            ("0.5, 0.1", "fail{forgetting}"),
            // Wilson's interval of 0.9 in 5,000 holds the limit 0.9.
            ("0.9, 0.1", "inconclusive{forgetting}"),
            ("0.99, 0.9", "fail{integrity}"),
            ("0.99, 0.5", "inconclusive{integrity}"),
            ("0.99, 0.49, width => 0.01", "pass{}"),
            ("0.5, 0.9", "fail{forgetting,integrity}"),
            ("0.99, 0.1, 999", "inconclusive{too_few_pairs}"),
            ("0.99, 0.1, 1000", "pass{}"),
            ("0.99, 0.1, 0", "inconclusive{too_few_pairs}"),
            ("0.99, 0.1, floor => 0.1", "inconclusive{floor_not_zero}"),
            ("0.99, 0.1, ceiling => 0", "inconclusive{ceiling_not_above_floor}"),
            // A mean cannot hide a failing gate.
            ("1, 1", "fail{integrity}"),
            ("0, 0", "fail{forgetting}"),
        ]
        for (evaluation, expected) in cases {
            #expect(try verdict(evaluation) == expected, "\(evaluation)")
        }
    }

    @Test(arguments: ["'NaN'", "'Infinity'", "'-Infinity'"])
    func `a measurement that is no number seals nothing`(value: String) throws {
        try story.run("SELECT story.unlearn('forgetful', 'teacher', 'wish')")
        let before = try story.column("SELECT count(*) FROM lineage.run")
        #expect(
            story.refusal("SELECT story.evaluate('forgetful', 'teacher', 0.99, \(value))") != nil
        )
        #expect(
            story.refusal("SELECT story.evaluate('forgetful', 'teacher', \(value), 0.1)") != nil
        )
        #expect(try story.column("SELECT count(*) FROM lineage.run") == before)
    }

    @Test func `evidence against a stranger is refused`() throws {
        try story.run("SELECT story.unlearn('forgetful', 'teacher', 'wish')")
        #expect(story.refusal("SELECT story.evaluate('forgetful', 'judge', 0.99, 0.1)") == "PL039")
        #expect(
            story.refusal("SELECT story.evaluate('teacher', 'forgetful', 0.99, 0.1)") == "PL039"
        )
    }

    @Test func `a chain of unlearnings is judged against the first original`() throws {
        try story.run(
            """
            SELECT story.unlearn('m1', 'teacher', 'wish'), story.unlearn('m2', 'm1', 'wish');
            SELECT story.unlearn('m3', 'm2', 'wish'), story.unlearn('m4', 'm3', 'wish');
            SELECT story.unlearn('m5', 'm4', 'wish');
            SELECT story.evaluate('m' || i, 'm' || i - 1, 0.99, 0.05) FROM generate_series(2, 5) i;
            SELECT story.evaluate('m' || i, 'teacher', 0.99, i * 0.05 + (i > 3)::integer * 0.3)
            FROM generate_series(1, 5) i;
            """
        )
        #expect(
            try story.column("SELECT result FROM lineage.verdicts ORDER BY verdict")
                == ["pass", "pass", "pass", "inconclusive", "fail"]
        )
        let broke = "SELECT name FROM lineage.integrity_drift('m5') ORDER BY drift DESC LIMIT 1"
        #expect(try story.column(broke) == ["m4"])
        let parent = "SELECT against_parent FROM lineage.integrity_drift('m5') WHERE name = 'm5'"
        #expect(try story.column(parent) == ["0.05"])
        #expect(
            try story.column("SELECT original_name FROM lineage.original_of('m5')") == ["teacher"]
        )
    }

    @Test func `scores of other pairs or trunks are not compared`() throws {
        try story.run(
            """
            SELECT story.unlearn('a', 'teacher', 'wish'), story.unlearn('b', 'teacher', 'wish');
            SELECT story.evaluate('a', 'teacher', 0.99, 0.1);
            SELECT story.evaluate('b', 'teacher', 0.99, 0.2, 3000);
            """
        )
        let differs = "SELECT differs FROM lineage.comparable('a', 'b')"
        #expect(try story.column(differs) == ["{eval_manifest}"])
        try story.run("SELECT story.evaluate('b', 'teacher', 0.99, 0.2)")
        #expect(try story.column(differs) == ["{}"])
    }
}
