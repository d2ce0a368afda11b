import Foundation
import Jobs
import Postgres
import Records
import Testing

/// Two tenants share a base and a ledger; neither learns of the other.
@Suite(.timeLimit(.minutes(3)))
struct TenantTests {
    let tenants: Tenants
    let desk: Desk

    init() throws {
        tenants = try Tenants()
        desk = tenants.desk
    }

    private func session(_ tenant: String) throws -> Connection { try tenants.session(tenant) }

    private func answer(_ call: String, _ connection: Connection) throws -> [[String]] {
        try tenants.answer(call, connection)
    }

    /// So many students of the base that are b's.
    private func makeMore(_ count: Int) throws {
        for index in 0..<count {
            try tenants.make(.distill, "more-b-\(index)", ["teacher": "base"], "b")
        }
    }

    /// Every question a tenant may ask, about what both see and about what is his own.
    private static let questions = [
        "original_of('student-a')", "weight_path('forgetful-a')", "ancestors('forgetful-a')",
        "descendants('base')", "descendants('shapes', max_rows => 3)", "metrics('base')",
        "unlearned_from('student-a')", "tree('forgetful-a')", "path('forgetful-a', 'base')",
        "is_derived_from('forgetful-a', 'base')", "common_origin('student-a', 'base')",
        "diff('student-a', 'base')", "runs_using('shapes')", "datasets_behind('student-a')",
        "exposed_deployments('wish-a')", "distilled_before_cleansing('base', 'wish-a')",
        "requests_status('base')", "requests_status('forgetful-a')",
        "remediation_plan('wish-a')", "overdue()", "as_of_report('base', 'infinity')",
        "score_history('forgetful-a', 'wish-a')", "unlearning_debt('base')",
        "reproductions('base')", "content_twins('base')", "lineage_dot('forgetful-a')",
        "edges_of('forgetful-a')", "job_of('student-a')", "integrity_drift('forgetful-a')",
        "comparable('student-a', 'base')", "environment_of('student-a')",
        "provenance('forgetful-a')",
    ]

    @Test func `a tenant's answers are those of a ledger without the other`() throws {
        let mine = try session("a")
        let whole = try TenantTests.questions.map { try answer($0, mine) }
        // The operator sees both.
        let names = try answer("descendants('base')", desk.connection).map { $0[2] }
        #expect(names.contains("student-a") && names.contains("student-b"))
        for (call, rows) in zip(TenantTests.questions, whole) {
            let text = rows.joined().joined(separator: " ")
            let tells = try text.contains(Regex("(student|forgetful|wish|data|lab)-b"))
            #expect(!tells, "\(call): \(text)")
        }
        #expect(
            try answer("descendants('base')", mine).map { $0[2] } == ["student-a", "forgetful-a"]
        )
        // Much more of the other's changes nothing, not even whether an answer is cut.
        try makeMore(3)
        try desk.request("more-b", from: "data-b")
        for (call, rows) in zip(TenantTests.questions, whole) {
            let stable = try answer(call, mine)
            #expect(call.hasPrefix("unlearning_debt") || stable == rows, "\(call)")
        }
    }

    /// Every way to name what the other has is answered as what nobody has.
    @Test func `what is another's cannot be told from what is not there`() throws {
        let mine = try session("a")
        let other = try desk.ledger.resolve("student-b")
        let job = try #require(other.job).uuidString.lowercased()
        let unknown = String(repeating: "5", count: 64)
        for (hidden, missing) in [
            ("student-b", "student-c"), ("data-b", "data-c"), ("wish-b", "wish-c"),
            (other.artifact.hex, unknown), (String(other.artifact.hex.prefix(12)), "555555555555"),
            (other.content.hex, unknown), (job, UUID().uuidString.lowercased()),
        ] {
            let calls = ["original_of('X')", "is_derived_from('X', 'base')", "descendants('X')"]
            for call in calls {
                let said = try [hidden, missing].map { name in
                    let error = #expect(throws: PostgresError.self) {
                        try answer(call.replacing("X", with: name), mine)
                    }
                    return "\(try #require(error))".replacing(name, with: "X")
                }
                #expect(said[0] == said[1], "\(call) \(hidden)")
            }
        }
        for request in ["wish-b", "wish-c"] {
            let error = #expect(throws: PostgresError.self) {
                try answer("exposed_deployments('\(request)')", mine)
            }
            #expect(error?.sqlState == "PL010")
        }
        for unsealed in [job, UUID().uuidString.lowercased()] {
            let error = #expect(throws: PostgresError.self) {
                try answer("artifacts_of('\(unsealed)')", mine)
            }
            #expect(error?.message == "job \(unsealed) has no sealed output")
        }
    }

    /// A walk up meets no row that it must not show, so what the other has costs it nothing: the
    /// number of pages it reads is the same before and after.
    @Test func `time does not tell either`() throws {
        let mine = try session("a")
        func pages() throws -> Int {
            let plan = try mine.query(
                "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
                    + "SELECT lineage.is_derived_from('forgetful-a', 'base')"
            ).first?.text("QUERY PLAN")
            let hits = try #require(plan?.firstMatch(of: /"Shared Hit Blocks": (\d+)/)?.1)
            return try #require(Int(hits))
        }
        _ = try pages()
        let before = try pages()
        try makeMore(20)
        _ = try pages()
        #expect(try abs(pages() - before) <= 4)
    }

    @Test func `what belongs to two belongs to neither`() throws {
        let refusals = [
            ["teacher": "student-b", "dataset": "shapes"],
            ["teacher": "base", "dataset": "data-b"],
        ].map { inputs in
            #expect(throws: SpecError.self) { try tenants.make(.distill, "x", inputs, "a") }
        }
        #expect(refusals[0]?.description.contains("no artifact is known as 'student-b'") == true)
        let unknown = #expect(throws: SpecError.self) {
            try tenants.make(.distill, "x", ["teacher": "base"], "nobody")
        }
        #expect(unknown?.description.contains("there is no tenant") == true)
        // Whoever leaves the label out gets what the inputs are.
        try desk.make(.distill, "unlabelled", from: ["teacher": "student-b"])
        let error = #expect(throws: PostgresError.self) {
            try answer("original_of('unlabelled')", session("a"))
        }
        #expect(error?.sqlState == "PL010")
        #expect(try answer("original_of('unlabelled')", session("b")).count == 1)
        let inputs = ["subject": "student-a", "classifier": "student-b"]
        try desk.submit(Desk.request(.evaluate, inputs: inputs))
        let mixed = #expect(throws: JobFailure.self) {
            let report = Desk.output("report", kind: "report", content: "r")
            try desk.queue.complete(desk.claim(.evaluate), outputs: [report])
        }
        #expect(mixed?.message.contains("PL059") == true)
        let late = #expect(throws: PostgresError.self) {
            try desk.connection.query("SELECT lineage.give('base', 'a')")
        }
        #expect(late?.sqlState == "PL059")
    }

    /// Rights that reach a login past its tenant open nothing.
    @Test func `a login with the rights and no tenant sees what is everybody's`() throws {
        try tenants.newLogin("stray")
        let stray = try session("stray")
        #expect(try answer("descendants('base')", stray) == [])
        #expect(try answer("original_of('base')", stray).count == 1)
        let mine = try session("a")
        for sql in [
            "SELECT * FROM lineage.artifact", "SELECT * FROM lineage.artifacts",
            "SELECT * FROM lineage.log_entry", "SELECT * FROM lineage.verdicts",
            "SELECT * FROM lineage.proof_entries('student-a')", "SET ROLE palimpsest_asker",
            "SET ROLE palimpsest", "SET SESSION AUTHORIZATION palimpsest",
            "SELECT lineage.give('base', 'a')", "SELECT lineage.sees(1, 1)",
            // Their answers are numbers, which count what others have.
            "SELECT lineage.resolve('base')", "SELECT lineage.resolve('base', 'infinity')",
        ] {
            let error = #expect(throws: PostgresError.self) { try mine.query(sql) }
            #expect(error?.sqlState == "42501", "\(sql)")
        }
    }

    /// The tables themselves hold only a tenant's rows, for whoever may read them.
    @Test func `rows are hidden in every table that tells of an artifact`() throws {
        let tables = try desk.connection.query(
            """
            SELECT c.relname AS name FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN (
                'artifact', 'subject', 'child', 'run', 'request', 'deployed', 'forget_set'
            )
            WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'r'
                AND NOT c.relrowsecurity
            GROUP BY c.relname
            """
        ).map { try $0.text("name") }
        // Scores have no rights of their own: they are reached through evidence, which has.
        #expect(tables == [])
        try desk.connection.query("GRANT palimpsest_auditor TO \(tenants.login("a"))")
        let mine = try session("a")
        #expect(try mine.query("SELECT FROM lineage.log_entry").isEmpty)
        let kinds = try mine.query("SELECT DISTINCT tenant FROM lineage.tenancy")
        #expect(kinds.count == 1)
        let names = try mine.query("SELECT name FROM lineage.alias_event").map {
            try $0.text("name")
        }
        #expect(names.contains("student-a") && !names.contains { $0.hasSuffix("-b") })
    }
}
