import Postgres
import Records
import Testing

/// What is asked or said wrongly is told from what there is nothing of.
@Suite(.timeLimit(.minutes(2)))
struct AskedWellTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    private func refused(_ call: String) -> PostgresError? {
        #expect(throws: PostgresError.self, "\(call)") {
            try story.connection.transaction { try story.connection.query("SELECT * FROM \(call)") }
        }
    }

    @Test(arguments: ["0", "-1", "1000001", "2147483647", "NULL"])
    func `an answer has from one row to a million, whichever the question`(limit: String) throws {
        let questions = """
            SELECT p.proname || ' ' || array_to_string(p.proargnames[:p.pronargs], ',')
            FROM pg_proc p
            WHERE p.pronamespace = 'lineage'::regnamespace
                AND 'max_rows' = ANY (p.proargnames[:p.pronargs])
                AND has_function_privilege('palimpsest_reader', p.oid, 'EXECUTE')
            """
        let found = try story.column(questions)
        #expect(found.count == 20)
        let digest = "encode(sha256('palimpsest.evaluation.featdist.v1'), 'hex')"
        for question in found {
            let parts = question.split(separator: " ").map(String.init)
            let given = parts[1].split(separator: ",").compactMap { name -> String? in
                switch name {
                case "request": "request => 'wish'"
                case "digest": "digest => \(digest)"
                case "ref", "a", "b", "dataset", "teacher": "\(name) => 'teacher'"
                default: nil
                }
            }
            let values = (given + ["max_rows => \(limit)"]).joined(separator: ", ")
            let error = refused("lineage.\(parts[0])(\(values))")
            #expect(error?.sqlState == "PL080", "\(question): \(error?.message ?? "")")
            #expect(error?.message.contains("an answer has from 1 to 1000000 rows") == true)
        }
    }

    @Test(arguments: [
        ("ancestors('twice', roles => '{nonsense}')", "known are init, merge"),
        ("descendants('photos', roles => '{init,init2}')", "known are init, merge"),
        ("path('twice', 'photos', '{}')", "known are init, merge"),
        ("is_derived_from('twice', 'photos', '{foo}')", "known are init, merge"),
        ("descendants('photos', kinds => '{foo}')", "known are checkpoint, adapter"),
        ("descendants('photos', kinds => ARRAY[NULL])", "known are checkpoint, adapter"),
    ])
    func `a role or a kind that nothing has is refused with those there are`(
        call: String,
        known: String
    ) {
        let error = refused("lineage." + call)
        #expect(error?.sqlState == "PL080")
        #expect(error?.hint?.contains(known) == true)
    }

    @Test func `the words that are known are those of the tables`() throws {
        for (list, constraint) in [
            ("edge_roles", "edge_role_check"), ("artifact_kinds", "artifact_kind_check"),
        ] {
            let rule = try story.column(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '\(constraint)'"
            )
            let words = try #require(rule.first).matches(of: #/'([a-z_]+)'/#).map {
                String($0.output.1)
            }
            #expect(try story.column("SELECT unnest(lineage.\(list)())").sorted() == words.sorted())
        }
        let roles = try story.column("SELECT unnest(lineage.edge_roles())")
        #expect(Set(roles) == Set(EdgeRole.allCases.map(\.rawValue)))
    }

    @Test func `what is not known is refused, and what has nothing is not`() throws {
        let job = "00000000-0000-0000-0000-000000000001"
        #expect(refused("lineage.artifacts_of('\(job)')")?.sqlState == "PL010")
        #expect(refused("lineage.verdicts_depending_on('0123456789ab')")?.sqlState == "PL010")
        try story.run("SELECT lineage.register_evaluator(sha256('new'), 'featdist', 2)")
        let new = "lineage.verdicts_depending_on(encode(sha256('new'), 'hex'))"
        #expect(try story.column("SELECT name FROM \(new)") == [])
    }

    /// Each walk is as it was: its settings, its rights and its owner.
    @Test func `the checks changed nothing else of the questions`() throws {
        let walks = """
            SELECT p.proname FROM pg_proc p
            WHERE p.pronamespace = 'lineage'::regnamespace AND p.prosrc LIKE '%WITH RECURSIVE%'
                AND NOT coalesce(p.proconfig::text LIKE '%jit=off%', false)
            """
        let before = try story.column(walks)
        #expect(!before.contains { ["lineage_dot", "check_deployment", "ancestors"].contains($0) })
        let owners = """
            SELECT DISTINCT pg_get_userbyid(p.proowner)::text FROM pg_proc p
            WHERE p.proname IN ('lineage_dot', 'artifacts_of', 'verdicts_depending_on', 'orphans')
            """
        #expect(try story.column(owners) == ["palimpsest_asker"])
    }

    @Test func `edges are drawn from parents to children`() throws {
        let lines = try story.column(
            """
            SELECT line FROM lineage.lineage_dot('old-student') WHERE line LIKE '%->%'
            """
        )
        let digest = try story.column(
            "SELECT left(artifact, 12) FROM lineage.original_of('old-student')"
        ).first
        #expect(lines.filter { $0.contains("-> \"\(digest ?? "?")\"") }.count == 3)
    }
}
