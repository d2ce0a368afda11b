import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct RightsTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func become(_ role: String) throws {
        try desk.connection.query("SET ROLE palimpsest_\(role)")
    }

    @Test(arguments: [
        "worker", "publisher", "reader", "officer", "deployer", "auditor", "worker_train",
        "worker_distill", "worker_unlearn", "worker_evaluate",
    ])
    func `no role writes to a table, and only an audit reads one`(role: String) throws {
        let tables = try desk.connection.query(
            """
            SELECT schemaname || '.' || tablename AS name, schemaname = 'queue' AS queue
            FROM pg_tables WHERE schemaname IN ('queue', 'lineage')
            """
        )
        #expect(tables.count >= 29)
        try become(role)
        for table in tables {
            let name = try table.text("name")
            let reading = RightsTests.mayRead(role, name) ? [] : ["SELECT FROM \(name)"]
            for sql in reading + [
                "INSERT INTO \(name) DEFAULT VALUES", "DELETE FROM \(name)",
                "TRUNCATE \(name) CASCADE",
            ] {
                let error = #expect(throws: PostgresError.self) { try desk.connection.query(sql) }
                #expect(error?.sqlState == "42501", "\(sql)")
            }
        }
        let error = #expect(throws: PostgresError.self) {
            try desk.connection.query("UPDATE queue.job SET state = 'succeeded'")
        }
        #expect(error?.sqlState == "42501")
    }

    /// Nor can it take away what stands in its way.
    @Test(arguments: [
        "worker", "publisher", "reader", "officer", "deployer", "auditor", "worker_train",
        "worker_distill", "worker_unlearn", "worker_evaluate", "tenant", "asker",
    ])
    func `no role switches a rule off`(role: String) throws {
        try become(role)
        for sql in [
            "ALTER TABLE lineage.artifact DISABLE TRIGGER ALL",
            "ALTER TABLE lineage.edge DROP CONSTRAINT edge_pkey",
            "ALTER TABLE lineage.artifact DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE lineage.verdict OWNER TO CURRENT_USER", "DROP TABLE lineage.log_entry",
            "DROP TRIGGER only_grows ON lineage.artifact",
            "DROP POLICY sees ON lineage.artifact",
            "SET session_replication_role = replica",
            "CREATE OR REPLACE FUNCTION lineage.refuse_change() RETURNS trigger "
                + "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE FUNCTION lineage.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER FUNCTION lineage.edge_at_birth() RENAME TO gone",
            "CREATE TABLE lineage.mine (x int)", "ALTER SEQUENCE lineage.artifact_seq_seq CACHE 9",
            "SELECT setval('lineage.artifact_seq_seq', 1)",
            "ALTER ROLE CURRENT_USER SUPERUSER",
        ] {
            let error = #expect(throws: PostgresError.self, "\(sql)") {
                try desk.connection.query(sql)
            }
            #expect(error?.sqlState == "42501", "\(sql)")
        }
    }

    /// An auditor verifies the log against the ledger's rows; a reader gets the log alone.
    private static func mayRead(_ role: String, _ table: String) -> Bool {
        role == "auditor" && table.hasPrefix("lineage.")
            || role == "reader" && table.hasPrefix("lineage.log_")
    }

    @Test func `a worker does its whole work through functions`() throws {
        try become("worker")
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        try desk.evaluate("forgetful", against: "teacher", [MetricValue("integrity_floor", 0)])
        try desk.submit(Desk.request(.train))
        let job = try desk.claim()
        _ = try desk.queue.renew(job.claim, lease: 60)
        try desk.queue.progress(job.claim, step: 1, total: 2, values: ["loss": 1])
        try desk.queue.release(job.claim)
        try desk.queue.reap()
        try desk.outbox.done(desk.outbox.take())
    }

    @Test func `a publisher submits and imports, and claims nothing`() throws {
        try become("publisher")
        try desk.ledger.register(
            Desk.output("d", kind: "dataset", content: "d"),
            from: "d",
            name: "d"
        )
        let request = try Desk.request(.train, inputs: ["dataset": "d"])
        #expect(try desk.submit(request) == .accepted)
        let error = #expect(throws: PostgresError.self) { try desk.claim() }
        #expect(error?.sqlState == "42501")
        #expect(try desk.queue.cancel(request.id) == .cancelled)
    }

    @Test func `a worker of one kind seals no other kind, and judges nothing`() throws {
        try become("worker_train")
        try desk.make(.train, "teacher")
        let refusal = #expect(throws: PostgresError.self) {
            try desk.make(.unlearn, "x", from: ["original": "teacher"])
        }
        #expect(refusal?.sqlState == "42501")
        try desk.connection.query("RESET ROLE")
        let writing = [
            "lineage.judge('teacher', 'wish')", "lineage.withdraw_verdict('teacher', 'wish')",
            "lineage.adopt_policy('default', 0, 1, 0, 1)", "lineage.deploy('teacher', 'lab')",
            "lineage.request_forgetting('a', 'concept', sha256(''), 1, 'b', '{}')",
            "lineage.correct('lineage.verdict', 1, 'wrong')", "lineage.set_gate('lab', false)",
            "lineage.decide(1, 1, 1, 'me')",
            "lineage.record_import('', '', '', '', 1, '{}', '', '')",
        ]
        for role in ["worker", "worker_unlearn", "worker_evaluate", "reader", "auditor"] {
            try become(role)
            for call in writing {
                let error = #expect(throws: PostgresError.self) {
                    try desk.connection.query("SELECT \(call)")
                }
                #expect(error?.sqlState == "42501", "\(role): \(call)")
            }
            try desk.connection.query("RESET ROLE")
        }
    }

    @Test func `a reader asks everything and changes nothing`() throws {
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        let request = try Desk.request(.train)
        try desk.submit(request)
        try become("reader")
        #expect(try desk.ledger.tree(of: "forgetful").count == 4)
        #expect(try desk.ledger.origin(of: "forgetful").original?.name == "teacher")
        #expect(try desk.ledger.unlearned(from: "teacher").count == 1)
        #expect(try desk.ledger.ancestors(of: "forgetful").count == 3)
        #expect(try desk.ledger.descendants(of: "shapes").count == 3)
        #expect(try desk.ledger.weightPath(of: "forgetful").count == 2)
        #expect(try desk.ledger.metrics(of: "forgetful").isEmpty)
        #expect(try desk.ledger.artifacts().count == 5)
        #expect(try desk.queue.jobs().count == 4)
        #expect(try desk.queue.history(of: request.id).count == 1)
        #expect(try desk.queue.curve(of: request.id).isEmpty)
        let error = #expect(throws: PostgresError.self) { try desk.queue.cancel(request.id) }
        #expect(error?.sqlState == "42501")
    }
}
