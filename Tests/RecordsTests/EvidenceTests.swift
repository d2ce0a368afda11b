import Postgres
import Records
import Testing

/// Which evidence decides, whoever measured it.
@Suite(.timeLimit(.minutes(2)))
struct EvidenceTests {
    let story: Story

    init() throws {
        story = try Story.tainted()
        try story.cleanse()
    }

    private func evaluate(_ numbers: String, of name: String = "forgetful") throws {
        try story.run("SELECT story.evaluate('\(name)', 'teacher', \(numbers))")
    }

    private func verdicts(_ request: String = "wish") throws -> [String] {
        try story.column(
            "SELECT result || reasons::text FROM lineage.verdicts WHERE request = '\(request)' "
                + "ORDER BY verdict"
        )
    }

    @Test(arguments: ["{circle}", "{star,circle}", "{Star}"])
    func `what was measured of other classes is recorded and decides nothing`(
        classes: String
    ) throws {
        try evaluate("0.05, 0.1, forget => '\(classes)'")
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        #expect(try verdicts() == ["pass{}"])
        let last = "FROM lineage.evidence ORDER BY seq DESC LIMIT 1"
        #expect(try story.column("SELECT coalesce(request::text, 'none') \(last)") == ["none"])
        #expect(try story.column("SELECT metrics ? 'unlearning_accuracy' \(last)") == ["false"])
        try story.run("SELECT lineage.judge('forgetful', 'wish')")
        #expect(try verdicts() == ["pass{}", "pass{}"])
    }

    @Test func `bad news on enough pairs takes a pass back, good news gives it again`() throws {
        try evaluate("0.05, 0.1")
        #expect(try story.status(["forgetful"]) == ["failed"])
        try evaluate("0.99, 0.1")
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        #expect(try verdicts() == ["pass{}", "fail{forgetting}", "pass{}"])
    }

    @Test func `a look at too few pairs takes nothing back`() throws {
        try evaluate("0.99, 0.1, pairs => 50")
        try evaluate("0.05, 0.1, pairs => 999")
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        // Nor what was found against it, nor what an officer took back.
        try evaluate("0.05, 0.1")
        try evaluate("0.99, 0.1, pairs => 50")
        #expect(try story.status(["forgetful"]) == ["failed"])
        try story.run("SELECT lineage.withdraw_verdict('forgetful', 'wish')")
        try evaluate("0.99, 0.1, pairs => 50")
        #expect(try verdicts() == ["pass{}", "fail{forgetting}", "withdrawn{}"])
        // Who asks is told of the newest that has enough.
        try story.run("SELECT lineage.judge('forgetful', 'wish')")
        #expect(try verdicts().last == "fail{forgetting}")
    }

    @Test func `a look at too few pairs is better than none`() throws {
        try story.run("SELECT story.unlearn('new', 'teacher', 'wish')")
        try evaluate("0.99, 0.1, pairs => 50", of: "new")
        try evaluate("0.05, 0.1, pairs => 60", of: "new")
        try evaluate("0.99, 0.1", of: "new")
        #expect(
            try verdicts().dropFirst()
                == ["inconclusive{too_few_pairs}", "fail{forgetting,too_few_pairs}", "pass{}"]
        )
    }

    /// The classes of one request are of what the run forgot, and a mean over two hides one.
    @Test func `each request of one run is measured by its own classes, or by all`() throws {
        try story.run(
            """
            SELECT story.request('round', ARRAY['photos'], NULL::timestamptz, '{circle}');
            SELECT story.seal('unlearn', 'double',
                '{"original": "teacher", "a": "wish", "b": "round"}', '[["original", "init"]]',
                '{"method": "saddle", "forget": ["star", "circle"]}');
            """
        )
        let both = "forget => '{circle,star}'"
        try evaluate("0.99, 0.1, \(both)", of: "double")
        #expect(try story.status(["double"], "wish") == ["cleansed"])
        try evaluate("0.05, 0.1, forget => '{circle}'", of: "double")
        #expect(try story.status(["double"], "wish") == ["cleansed"])
        #expect(try story.status(["double"], "round") == ["failed"])
        #expect(try verdicts("round") == ["pass{}", "fail{forgetting}"])
    }

    @Test func `what was corrected comes back with no policy`() throws {
        let adopted = "SELECT lineage.adopt_policy('default', 0.9, 0.1, 0.5, 0.5)"
        try story.run("SELECT lineage.correct('lineage.verdict', 1, 'mistaken'); \(adopted)")
        #expect(try story.status(["forgetful"]) == ["pending"])
        #expect(try verdicts().count == 1)
        try story.run("SELECT lineage.judge('forgetful', 'wish')")
        #expect(try story.status(["forgetful"]) == ["cleansed"])
        try story.run("SELECT lineage.correct('lineage.evidence', 1, 'mispaired'); \(adopted)")
        #expect(try story.status(["forgetful"]) == ["pending"])
        #expect(try verdicts().count == 2)
    }
}
