import Postgres
import Testing

/// Who carries what was to be forgotten. `photos` brings it in, `clean` does not.
@Suite(.timeLimit(.minutes(2)))
struct ExposureTests {
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

    private func cleanse(_ name: String = "forgetful", of original: String = "teacher") throws {
        try story.run(
            """
            SELECT story.unlearn('\(name)', '\(original)', 'wish');
            SELECT story.evaluate('\(name)', '\(original)', 0.99, 0.1);
            """
        )
    }

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

    @Test func `a verdict withdrawn taints every descendant at once, with no row updated`() throws {
        try cleanse()
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
        try cleanse()
        try story.run("SELECT story.train('relapse', 'photos', 'forgetful')")
        #expect(try story.status(["forgetful", "relapse"]) == ["cleansed", "exposed"])
        let found = "SELECT name || ' ' || tainted_parent FROM lineage.reintroduced('wish')"
        #expect(try story.column(found) == ["relapse photos"])
    }

    @Test func `a merge of cleansed and exposed is exposed, of two cleansed is clean`() throws {
        try cleanse()
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
        try cleanse()
        try story.run("SELECT story.distill('student', 'forgetful', 'clean')")
        #expect(try story.status(["forgetful", "student"]) == ["cleansed", "clean"])
        try story.run("SELECT lineage.adopt_policy('default', 0.999, 0.1, 0.5, 0.5)")
        #expect(try story.status(["forgetful", "student"]) == ["failed", "exposed"])
        try story.run("SELECT lineage.adopt_policy('default', 0.9, 0.1, 0.5, 0.5)")
        #expect(try story.status(["forgetful", "student"]) == ["cleansed", "clean"])
    }

    @Test func `verdicts lapse with their evaluator, and with evidence that was wrong`() throws {
        try cleanse()
        let digest = try story.column("SELECT encode(digest, 'hex') FROM lineage.evaluator")[0]
        #expect(
            try story.column("SELECT name FROM lineage.verdicts_depending_on('\(digest)')")
                == ["forgetful"]
        )
        try story.run("SELECT lineage.revoke_evaluator('\(digest)')")
        #expect(try story.status(["forgetful"]) == ["pending"])
        #expect(story.refusal("SELECT * FROM lineage.judge('forgetful', 'wish')") == "PL010")
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

    @Test func `a withdrawn request is asked about no more`() throws {
        try story.run("SELECT lineage.withdraw_request('wish')")
        #expect(try story.status(["teacher"]) == [""])
        #expect(story.refusal("SELECT lineage.withdraw_request('wish')") == "23505")
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
        try cleanse()
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

    @Test func `only what is clean or cleansed goes live where the gate is on`() throws {
        try cleanse()
        try story.run("SELECT story.distill('student', 'forgetful', 'clean')")
        #expect(story.refusal("SELECT lineage.deploy('teacher', 'production')") == "PL055")
        try story.run("SELECT lineage.set_gate('lab', false)")
        try story.run("SELECT lineage.deploy('teacher', 'lab')")
        try story.run("SELECT lineage.deploy('student', 'production')")
        let exposed = "SELECT environment || ' ' || name FROM lineage.exposed_deployments('wish')"
        #expect(try story.column(exposed) == ["lab teacher"])
        let revoked = "SELECT name FROM lineage.what_if_revoke(1)"
        #expect(try story.column(revoked) == ["student"])
        try story.run("SELECT lineage.withdraw_verdict('forgetful', 'wish')")
        #expect(try story.column(exposed + " ORDER BY 1") == ["lab teacher", "production student"])
        try story.run("SELECT lineage.deploy('student', 'production', 'retired')")
        #expect(try story.column(exposed) == ["lab teacher"])
    }

    /// The withdrawal is not yet committed when the deployment asks; it waits and is refused.
    @Test func `a deployment that races a withdrawal loses`() async throws {
        try cleanse()
        try story.connection.query("BEGIN")
        try story.connection.query("SELECT lineage.withdraw_verdict('forgetful', 'wish')")
        let conninfo = story.conninfo
        async let deployed: String? = Session(conninfo).use { connection in
            do {
                try connection.query("SELECT lineage.deploy('forgetful', 'production')")
                return nil
            } catch let error as PostgresError { return error.sqlState }
        }
        try await waitForLock(on: conninfo)
        try story.connection.query("COMMIT")
        #expect(try await deployed == "PL055")
    }

    private func waitForLock(on conninfo: String) async throws {
        let watcher = try Connection(conninfo)
        let waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while try watcher.query(waiting).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }
}
