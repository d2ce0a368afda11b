import Postgres
import Testing

/// Who carries what was to be forgotten.
@Suite(.timeLimit(.minutes(2)))
struct ExposureTests {
    let story: Story

    init() throws { story = try Story.tainted() }

    @Test func `what was distilled before the cleansing stays exposed, after it is clean`() throws {
        try story.run("SELECT story.distill('early', 'teacher', 'clean')")
        try story.run("SELECT story.distill('early-of-early', 'early', 'clean')")
        try story.run("SELECT story.unlearn('forgetful', 'teacher', 'wish')")
        try story.run("SELECT story.distill('hasty', 'forgetful', 'clean')")
        #expect(
            try story.status(["photos", "clean", "teacher", "early", "early-of-early"])
                == ["exposed", "clean", "exposed", "exposed", "exposed"]
        )
        #expect(try story.status(["forgetful", "hasty"]) == ["pending", "exposed"])
        try story.run("SELECT story.evaluate('forgetful', 'teacher', 0.99, 0.1)")
        try story.run("SELECT story.distill('late', 'forgetful', 'clean')")
        #expect(
            try story.status(["early", "early-of-early", "forgetful", "hasty", "late"])
                == ["exposed", "exposed", "cleansed", "clean", "clean"]
        )
    }

    @Test func `taint is not laundered through samples of a model`() throws {
        try story.run(
            """
            SELECT story.samples('pictures', 'teacher');
            SELECT story.train('second-hand', 'pictures');
            SELECT story.samples('pictures-again', 'second-hand');
            SELECT story.train('third-hand', 'pictures-again');
            """
        )
        let names = ["pictures", "second-hand", "pictures-again", "third-hand"]
        #expect(try story.status(names) == Array(repeating: "exposed", count: 4))
    }

    @Test func `data that were let in again are found with the run that did it`() throws {
        try story.cleanse()
        try story.run("SELECT story.train('relapse', 'photos', 'forgetful')")
        #expect(try story.status(["forgetful", "relapse"]) == ["cleansed", "exposed"])
        let found = "SELECT name || ' ' || tainted_parent FROM lineage.reintroduced('wish')"
        #expect(try story.column(found) == ["relapse photos"])
    }

    @Test func `a merge of cleansed and exposed is exposed, of two cleansed is clean`() throws {
        try story.cleanse()
        try story.run("SELECT story.unlearn('other', 'teacher', 'wish')")
        try story.run("SELECT story.evaluate('other', 'teacher', 0.98, 0.2)")
        try story.run("SELECT story.merge('mixed', 'forgetful', 'teacher')")
        try story.run("SELECT story.merge('both', 'forgetful', 'other')")
        #expect(try story.status(["mixed", "both"]) == ["exposed", "clean"])
    }

    @Test func `an unlearning fed by another tainted teacher or dataset cleans nothing`() throws {
        try story.run(
            """
            SELECT story.seal('unlearn', 'fed',
                '{"original": "teacher", "dataset": "photos", "forget_request": "wish"}',
                '[["original", "init"], ["dataset", "dataset"]]',
                '{"method": "finetune", "forget": ["star"]}');
            SELECT story.evaluate('fed', 'teacher', 0.99, 0.1);
            """
        )
        #expect(try story.status(["fed"]) == ["exposed"])
        // Retained data are the data without what the request names.
        try story.run("SELECT story.unlearn('kept', 'teacher', 'wish', NULL, NULL, 'photos')")
        try story.run("SELECT story.evaluate('kept', 'teacher', 0.99, 0.1)")
        #expect(try story.status(["kept"]) == ["cleansed"])
    }

    @Test func `a withdrawn request is asked about no more`() throws {
        try story.run("SELECT lineage.withdraw_request('wish')")
        #expect(try story.status(["teacher"]) == [""])
        #expect(story.refusal("SELECT lineage.withdraw_request('wish')") == "PL081")
    }

    @Test func `a request for nothing taints nothing, one for all of it everything`() throws {
        try story.run(
            """
            SELECT lineage.request_forgetting('none', 'concept', sha256('n'), 0, 'test', '{}');
            SELECT lineage.request_forgetting('all', 'dataset', sha256('a'), 9, 'test', '{photos,clean}');
            """
        )
        #expect(try story.status(["teacher", "judge"], "none") == ["clean", "clean"])
        #expect(try story.status(["teacher", "judge"], "all") == ["exposed", "exposed"])
    }

    @Test func `what was known then is answered as it was known`() throws {
        try story.cleanse()
        let now = "SELECT clock_timestamp()"
        let passed = try story.column(now)[0]
        try story.run("SELECT lineage.withdraw_verdict('forgetful', 'wish')")
        let then = "SELECT status FROM lineage.requests_status('forgetful', '\(passed)')"
        #expect(try story.column(then) == ["cleansed"])
        try story.run("INSERT INTO lineage.alias_event (name, artifact) VALUES ('teacher', 1)")
        let report = "SELECT value FROM lineage.as_of_report('teacher', '\(passed)')"
        #expect(try story.column(report + " WHERE aspect = 'status'") == ["exposed"])
        #expect(try story.column("SELECT kind FROM lineage.describe('teacher')") == ["dataset"])
        #expect(
            story.refusal("SELECT * FROM lineage.as_of_report('teacher', '2000-01-01')") == "PL010"
        )
    }
}
