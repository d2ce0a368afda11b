import Foundation
import Jobs
import Postgres
import Records
import Testing

/// Invariants of the ledger's second half, broken in vain by the owner, who is a superuser.
/// Those of births and metrics are in `ConstraintTests`, those of roles in `RightsTests`.
@Suite(.timeLimit(.minutes(2)))
struct InvariantTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    private static let growing = [
        "policy", "forget_request", "forget_request_event", "forget_list", "exposure_source",
        "unlearn_application", "evaluator", "evaluator_event", "evidence", "score", "verdict",
        "deployment_event", "deployment_gate", "correction", "forget_opening", "artifact", "edge",
        "run", "import",
        "metric", "alias_event",
    ]

    @Test(arguments: growing)
    func `no row changes or goes`(table: String) {
        #expect(story.refusal("DELETE FROM lineage.\(table)") == "PL030")
        #expect(story.refusal("TRUNCATE lineage.\(table) CASCADE") == "PL030")
        let change = ["edge": "role = role", "import": "source = source"]
        let own = change[table] ?? (table == "forget_list" ? "cipher = cipher" : "seq = DEFAULT")
        #expect(story.refusal("UPDATE lineage.\(table) SET \(own)") == "PL030")
    }

    /// Statements, each with what refuses it.
    private static let refused = [
        // I5, I11: what a run applied and to which commitment is fixed.
        (
            "INSERT INTO lineage.unlearn_application (run, request, method, forget, params) "
                + "SELECT run, NULL, method, forget, params FROM lineage.unlearn_application",
            "PL031"
        ),
        (
            "INSERT INTO lineage.unlearn_application (run, request, method, forget, params) "
                + "VALUES (1, 1, 'm', '[1]', '{}')", "PL047"
        ),
        (request(set: "1", commitment: committed), "PL045"),
        (request(set: forgetSet, commitment: "sha256('other')"), "PL045"),
        (request(set: forgetSet, commitment: committed), "23505"),
        (request(set: "1", commitment: "'short'"), "PL045"),
        // I12, I21: evidence by another run, of the subject's own original, by a known evaluator.
        (evidence("run", "3"), "PL048"),
        (evidence("reference", "1"), "PL039"),
        (evidence("reference", "subject"), "PL039"),
        (evidence("evaluator", "99"), "PL049"),
        (evidence("protocol", "'lpips'"), "PL049"),
        (evidence("protocol_version", "2"), "PL049"),
        (evidence("floor", "NULL"), "23502"),
        (evidence("ceiling", "NULL"), "23502"),
        (evidence("ceiling", "'NaN'"), "23514"),
        (evidence("n", "-1"), "23514"),
        (evidence("eval_manifest", "'x'"), "23514"),
        (evidence("canonical", "canonical"), "23505"),
        (evidence("subject", teacher), "PL039"),
        // I13: a score follows from its evidence.
        (score("0.5, 0.5, 0.5, 0.5"), "PL051"),
        (score("'NaN', 0, 1, 0"), "PL051"),
        (score("'Infinity', 0, 1, 0"), "PL051"),
        (score("0.5, 0.6, 1, 0.5"), "PL051"),
        // A verdict follows from evidence and the policy in force, over the one before.
        (verdict("result", "'fail'"), "PL054"),
        (verdict("result", "'inconclusive'"), "PL054"),
        (verdict("evidence", "NULL"), "23514"),
        (verdict("evidence", "2"), "PL053"),
        (verdict("evidence", "99"), "PL053"),
        (verdict("policy", "99"), "PL046"),
        (verdict("supersedes", "NULL"), "PL052"),
        (verdict("supersedes", "2"), "PL052"),
        (verdict("artifact", teacher), "PL052"),
        (verdict("reasons", "'{leak_null}'"), "PL054"),
        // A policy's limits are shares, and its versions follow each other.
        ("SELECT lineage.adopt_policy('default', 1.5, 0, 0, 0)", "23514"),
        ("SELECT lineage.adopt_policy('default', 'NaN', 0, 0, 0)", "23514"),
        (
            "INSERT INTO lineage.policy (name, version, forgetting_min, leak_max, validity_min, "
                + "integrity_max) VALUES ('default', 1, 1, 1, 1, 1)", "23505"
        ),
        // I18: the gate.
        ("SELECT lineage.deploy('teacher', 'production')", "PL055"),
        (
            "INSERT INTO lineage.deployment_event (artifact, environment, event) "
                + "SELECT seq, 'production', 'live' FROM lineage.artifact", "PL055"
        ),
        // I17: no free text where an item could stand.
        (
            "SELECT lineage.request_forgetting('a', 'concept', sha256(''), 1, 'Ann Smith asked', '{}')",
            "23514"
        ),
        ("SELECT lineage.correct('lineage.verdict', 1, 'Ann Smith said so')", "23514"),
        ("SELECT lineage.request_forgetting('wish', 'concept', sha256(''), 1, 'x', '{}')", "PL056"),
        (
            "SELECT lineage.request_forgetting('teacher', 'concept', sha256(''), 1, 'x', '{}')",
            "PL056"
        ),
        // I1, I19: an edge takes numbers of older artifacts and roles that exist.
        (
            "INSERT INTO lineage.edge (child, parent, role, run) VALUES (1, 'teacher', 'init', 1)",
            "22P02"
        ),
        (
            "INSERT INTO lineage.edge (child, parent, role, run, excludes) "
                + "VALUES (4, 1, 'init', 1, '{1}')", "PL031"
        ),
        // An import is what its source declared.
        (
            "INSERT INTO lineage.import (artifact, source, declared_digest) "
                + "VALUES (4, 'x', sha256('other'))", "PL044"
        ),
    ]

    private static let teacher =
        "(SELECT artifact FROM lineage.alias WHERE name = 'teacher')"
    private static let forgetSet = "(SELECT forget_set FROM lineage.forget_request)"
    private static let committed = "(SELECT commitment FROM lineage.forget_request)"

    private static func request(set: String, commitment: String) -> String {
        """
        INSERT INTO lineage.forget_request (name, scope, commitment, items, forget_set, basis)
        VALUES ('new', 'concept', \(commitment), 1, \(set), 'test')
        """
    }

    /// The first evidence again, with one column changed.
    private static func evidence(_ column: String, _ value: String) -> String {
        let columns = [
            "canonical", "subject", "reference", "request", "run", "evaluator", "protocol",
            "protocol_version", "eval_manifest", "sampler_config", "metric_models", "metrics",
            "floor", "ceiling", "n", "evaluated_at",
        ]
        let values = columns.map {
            $0 == column ? value : $0 == "canonical" ? "canonical || '!'" : $0
        }
        return """
            INSERT INTO lineage.evidence (\(columns.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM lineage.evidence WHERE seq = 1
            """
    }

    private static func score(_ numbers: String) -> String {
        """
        INSERT INTO lineage.score (evidence, formula, name, value, ci_low, ci_high, raw)
        VALUES (1, 1, 'integrity_score', \(numbers))
        """
    }

    /// The first verdict over itself, with one column changed.
    private static func verdict(_ column: String, _ value: String) -> String {
        let columns = [
            "artifact", "request", "policy", "evidence", "result", "reasons", "supersedes",
        ]
        let values = columns.map { $0 == column ? value : $0 == "supersedes" ? "seq" : $0 }
        return """
            INSERT INTO lineage.verdict (\(columns.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM lineage.verdict WHERE seq = 1
            """
    }

    @Test func `nothing that is judged can be bent`() {
        for (sql, state) in InvariantTests.refused {
            #expect(story.refusal(sql) == state, "\(sql)")
        }
    }

    /// Seals that break a rule at commit.
    private static let misbirths = [
        // I22: held to what is not its original.
        ("SELECT story.unlearn('x', 'teacher', 'wish', 'judge')", "PL043"),
        (
            "SELECT story.seal('train', 'x', '{\"d\": \"clean\", \"a\": \"teacher\"}', "
                + "'[[\"d\", \"dataset\"], [\"a\", \"anchor\"]]')", "PL043"
        ),
        // A merge of one, a retraining that replaces nothing, or starts from something.
        (
            "SELECT story.seal('merge', 'x', '{\"a\": \"teacher\"}', '[[\"a\", \"merge\"]]')",
            "PL042"
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
        // I9: one output of a name, one seal of a job.
        ("SELECT story.train('x', 'clean'), story.train('x', 'clean')", "23505"),
    ]

    @Test func `a run whose outputs break a rule seals nothing`() throws {
        let before = try story.column("SELECT count(*) FROM lineage.run")
        for (sql, state) in InvariantTests.misbirths {
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

    /// I14: a clock that was set back does not turn time back.
    @Test func `times of a table never fall`() throws {
        try story.run(
            """
            SET session_replication_role = replica;
            INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('future', 1, '2999-01-01');
            SET session_replication_role = origin;
            INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('next', 1, '1999-01-01');
            """
        )
        let at = "SELECT at >= '2999-01-01' FROM lineage.alias_event WHERE name = 'next'"
        #expect(try story.column(at) == ["true"])
    }

    /// I3 and its limit, which the page states: only the hash chain shows this.
    @Test func `a superuser can switch the triggers off`() throws {
        try story.run(
            """
            SET session_replication_role = replica;
            UPDATE lineage.verdict SET reasons = '{x}' WHERE seq = 1;
            SET session_replication_role = origin;
            """
        )
        #expect(try story.column("SELECT reasons FROM lineage.verdict WHERE seq = 1") == ["{x}"])
    }

    /// I13, I16: what was bent that way no longer follows from what it was made of.
    @Test func `recomputation finds scores and generations that were bent`() throws {
        #expect(try story.column("SELECT problem FROM lineage.recompute()") == [])
        try story.run(
            """
            SET session_replication_role = replica;
            UPDATE lineage.score SET value = 1, ci_high = 1 WHERE seq = 3;
            UPDATE lineage.artifact SET generation = generation + 1
            WHERE seq = (SELECT max(seq) FROM lineage.artifact);
            SET session_replication_role = origin;
            """
        )
        #expect(
            try story.column("SELECT problem FROM lineage.recompute()") == ["score", "artifact"]
        )
    }

    /// I17: every text column of the new tables takes a word, a name or a word of a list.
    @Test func `no column takes free text`() throws {
        let free = """
            SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
            WHERE c.table_schema = 'lineage' AND c.data_type = 'text'
                AND c.table_name IN ('forget_request', 'forget_request_event', 'forget_list',
                    'exposure_source', 'evidence', 'score', 'verdict', 'deployment_event',
                    'correction', 'evaluator')
                AND c.column_name NOT IN ('actor', 'decided_by', 'policy', 'protocol')
                AND NOT EXISTS (
                    SELECT FROM pg_constraint k
                    WHERE k.conrelid = ('lineage.' || c.table_name)::regclass AND k.contype = 'c'
                        AND pg_get_constraintdef(k.oid) LIKE '%' || c.column_name || '%'
                )
            """
        #expect(try story.column(free) == [])
    }

    /// Sequences hand out numbers in order, which the age of parents rests on.
    @Test func `no sequence of the ledger caches numbers`() throws {
        let cached = """
            SELECT sequencename FROM pg_sequences
            WHERE schemaname = 'lineage' AND (cache_size <> 1 OR cycle OR increment_by <> 1)
            """
        #expect(try story.column(cached) == [])
    }

    /// The last number is refused like any other that is not there; nothing is left behind.
    @Test func `a sequence that has run out seals nothing`() throws {
        let before = try story.column("SELECT count(*) FROM lineage.run")
        try story.run("SELECT setval('lineage.artifact_seq_seq', 9223372036854775807)")
        #expect(story.refusal("SELECT story.train('x', 'clean')") == "2200H")
        #expect(try story.column("SELECT count(*) FROM lineage.run") == before)
    }
}
