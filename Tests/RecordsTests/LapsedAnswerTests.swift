import Postgres
import Testing

/// What counts no more is told with its reason, and nothing is computed from it.
@Suite(.timeLimit(.minutes(2)))
struct LapsedAnswerTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    private func versions(_ asOf: String = "infinity") throws -> [String] {
        try story.column(
            """
            SELECT concat_ws(' ', name, coalesce(forgetting::text, '-'), verdict, lapsed)
            FROM lineage.unlearned_from('teacher', as_of => '\(asOf)') WHERE verdict IS NOT NULL
            """
        )
    }

    private static let evidence = """
        SELECT lineage.correct('lineage.evidence', min(e.seq), 'mispaired') FROM lineage.evidence e
        """

    @Test func `corrected evidence is shown as lapsed and not used`() throws {
        let before = try story.column("SELECT clock_timestamp()")[0]
        try story.run(Self.evidence)
        let rest = ["timid 0.4 fail {}", "twice 0.99 pass {}"]
        #expect(try versions() == ["forgetful - pass {evidence_corrected}"] + rest)
        #expect(try versions(before) == ["forgetful 0.99 pass {}"] + rest)
        let history = "SELECT DISTINCT lapsed FROM lineage.score_history('forgetful', 'wish'"
        #expect(try story.column(history + ")") == ["{evidence_corrected}"])
        #expect(try story.column(history + ", '\(before)')") == ["{}"])
        let drift = """
            SELECT concat_ws(' ', name, coalesce(against_original::text, '-'), lapsed)
            FROM lineage.integrity_drift('twice'
            """
        #expect(
            try story.column(drift + ")") == ["forgetful - {evidence_corrected}", "twice 0.3 {}"]
        )
        #expect(try story.column(drift + ", '\(before)')") == ["forgetful 0.1 {}", "twice 0.3 {}"])
        let comparable = "SELECT comparable::text || differs::text FROM lineage.comparable("
        #expect(try story.column(comparable + "'forgetful', 'timid')") == ["false{evidence}"])
        #expect(try story.column(comparable + "'forgetful', 'timid', '\(before)')") == ["true{}"])
    }

    @Test(arguments: [
        (
            "SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator",
            "{evaluator_revoked}"
        ),
        (
            "SELECT lineage.correct('lineage.verdict', min(seq), 'hasty') FROM lineage.verdict",
            "{verdict_corrected}"
        ), (evidence, "{evidence_corrected}"), ("SELECT 1", "{}"),
    ])
    func `a verdict lapses exactly where it stops taint no more`(
        sql: String,
        says: String
    ) throws {
        try story.run(sql)
        let lapsed = "SELECT lapsed FROM lineage.unlearned_from('teacher') WHERE name = 'forgetful'"
        #expect(try story.column(lapsed) == [says])
        let stops = """
            SELECT array_agg(u.name ORDER BY u.name) IS NOT DISTINCT FROM (
                SELECT array_agg(lineage.name_of(p) ORDER BY lineage.name_of(p))
                FROM unnest(lineage.passing(1, 'infinity')) p
            ) FROM lineage.unlearned_from('teacher') u
            WHERE u.verdict = 'pass' AND u.lapsed = '{}'
            """
        #expect(try story.column(stops) == ["true"])
    }

    /// `twice` began at `forgetful`, and was measured beside it too.
    @Test func `a pass lapses with what was measured beside the parent`() throws {
        try story.run(
            """
            SELECT lineage.correct('lineage.evidence', e.seq, 'mispaired') FROM lineage.evidence e
            WHERE lineage.name_of(e.subject) = 'twice' AND lineage.name_of(e.reference) = 'forgetful'
            """
        )
        #expect(try versions().last == "twice 0.99 pass {no_parent_evidence}")
        // It is clean by its parent, which stands, and no more by its own verdict.
        #expect(try story.status(["twice"]) == ["clean"])
    }

    /// A look at fewer pairs does not decide, and its numbers are not shown in the others' place.
    @Test func `numbers are those of the evidence that decides`() throws {
        try story.run("SELECT story.evaluate('forgetful', 'teacher', 0.5, 0.9, pairs => 50)")
        #expect(try versions().first == "forgetful 0.99 pass {}")
    }

    @Test func `an older verdict and one of an older policy are told`() throws {
        try story.run("SELECT lineage.judge('forgetful', 'wish')")
        let history = "SELECT DISTINCT lapsed FROM lineage.score_history('forgetful', 'wish')"
        #expect(try Set(story.column(history)) == ["{}", "{verdict_superseded}"])
    }

    @Test func `numbers are those measured for the request, not of other classes`() throws {
        try story.run(
            """
            SELECT story.seal('evaluate', 'other-classes',
                '{"subject": "forgetful", "classifier": "judge"}',
                '[["subject", "eval_subject"], ["classifier", "judge"]]',
                '{"forget": ["circle"], "samples": 100, "pairs": 100}',
                '[{"name": "unlearning_accuracy", "value": 0.2, "subject": "subject"}]', 'report');
            """
        )
        #expect(try versions().first == "forgetful 0.99 pass {}")
    }

    @Test func `what was corrected is listed, also as it was known`() throws {
        let before = try story.column("SELECT clock_timestamp()")[0]
        try story.run(Self.evidence)
        let list = """
            SELECT concat_ws(' ', target_table, name, request, reason) FROM lineage.corrections(
            """
        let first = "lineage.metric timid entered_twice"
        #expect(
            try story.column(list + ")") == [first, "lineage.evidence forgetful wish mispaired"]
        )
        #expect(try story.column(list + "as_of => '\(before)')") == [first])
        let cut = try story.column("SELECT truncated FROM lineage.corrections(max_rows => 1)")
        #expect(cut == ["true"])
    }
}
