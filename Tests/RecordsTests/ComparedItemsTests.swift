import Postgres
import Records
import Testing

/// A request that nobody compared with what was forgotten is fulfilled by nothing.
@Suite(.timeLimit(.minutes(2)))
struct ComparedItemsTests {
    let story: Story

    init() throws { story = try Story.tainted() }

    private func verdict(_ name: String) throws -> [String] {
        try story.column(
            "SELECT result || reasons::text FROM lineage.verdicts WHERE name = '\(name)' AND current"
        )
    }

    @Test(arguments: ["sample", "dataset", "subject"])
    func `a closed request is not cleansed by a job that forgets a class`(scope: String) throws {
        try story.run(
            """
            SELECT story.closed_request('alice', '\(scope)', 'photos');
            SELECT story.unlearn('plain', 'teacher', 'alice');
            SELECT story.evaluate('plain', 'teacher', 0.99, 0.1);
            SELECT story.unlearn('kept', 'teacher', 'alice', retained => 'photos');
            SELECT story.evaluate('kept', 'teacher', 0.99, 0.1);
            SELECT story.retrain('oracle', 'teacher', 'photos', 'alice', 'retain_set');
            """
        )
        let names = ["plain", "kept", "oracle"]
        #expect(try story.status(names, "alice") == ["pending", "pending", "pending"])
        for name in ["plain", "kept"] {
            #expect(try verdict(name) == ["inconclusive{items_not_compared}"])
        }
        let excluding = "SELECT count(*) FROM lineage.edge WHERE excludes IS NOT NULL"
        #expect(try story.column(excluding) == ["0"])
        #expect(story.refusal("SELECT lineage.deploy('kept', 'production')") == "PL055")
        #expect(try RowVerifier(story.blueprint()).verify().findings == [])
    }

    /// What was retained is without the classes of `wish`; of the items of `alice` nobody knows.
    @Test func `each request of one run is compared for itself`() throws {
        try story.run(
            """
            SELECT story.closed_request('alice', 'sample', 'photos');
            SELECT story.seal('unlearn', 'double',
                '{"original": "teacher", "a": "wish", "b": "alice", "kept": "photos"}',
                '[["original", "init"], ["kept", "retain_set"]]',
                '{"method": "saddle", "forget": ["star"]}');
            SELECT story.evaluate('double', 'teacher', 0.99, 0.1);
            """
        )
        #expect(try story.status(["double"], "wish") == ["cleansed"])
        #expect(try story.status(["double"], "alice") == ["pending"])
    }

    @Test func `a request that is opened later is judged when somebody asks`() throws {
        try story.run(
            """
            SELECT story.closed_request('alice', 'subject', 'photos');
            SELECT story.closed_request('bob', 'subject', 'photos');
            SELECT story.unlearn('one', 'teacher', 'alice');
            SELECT story.unlearn('two', 'teacher', 'bob', forget => '{circle}');
            SELECT story.evaluate('one', 'teacher', 0.99, 0.1);
            SELECT story.evaluate('two', 'teacher', 0.99, 0.1, forget => '{circle}');
            SELECT lineage.open_forgetting(
                n, k, lineage.item_codes('{star}', k), publish_items => true
            )
            FROM (VALUES ('alice'), ('bob')) x (n) CROSS JOIN sha256(convert_to(n, 'UTF8')) k;
            SELECT lineage.judge('one', 'alice'), lineage.judge('two', 'bob');
            """
        )
        #expect(try verdict("one") == ["pass{}"])
        // Compared, and found to be something else.
        #expect(try verdict("two") == ["inconclusive{items_not_compared}"])
    }

    /// The request of a job that names none commits to the job's own classes.
    @Test func `an experiment is compared with itself`() throws {
        try story.run(
            """
            SELECT story.unlearn('try', 'teacher', retained => 'photos');
            SELECT story.evaluate('try', 'teacher', 0.99, 0.1);
            """
        )
        #expect(try verdict("try") == ["pass{}"])
    }
}
