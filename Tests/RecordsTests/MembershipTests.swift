import Foundation
import LocalStack
import Postgres
import Records
import Testing

/// Who is admitted to a tenant, until when, and that nobody is blinded by it.
@Suite(.timeLimit(.minutes(3)))
struct MembershipTests {
    let tenants: Tenants
    let desk: Desk

    init() throws {
        tenants = try Tenants()
        desk = tenants.desk
    }

    @discardableResult
    private func refusal(_ call: String) throws -> PostgresError {
        let error = #expect(throws: PostgresError.self, "\(call)") {
            try desk.connection.query("SELECT lineage.\(call)")
        }
        return try #require(error)
    }

    /// What the session of a login is shown of the students.
    private func students(_ session: Connection) throws -> [String] {
        try tenants.answer("descendants('base')", session).map { $0[2] }
            .filter { $0.hasPrefix("student") }
    }

    @Test(arguments: ["auditor", "reader", "officer", "worker", "worker_train", "publisher"])
    func `a login that works for the operator is admitted nowhere`(role: String) throws {
        let login = try tenants.newLogin("clerk", role)
        let stranger = try refusal("admit('\(login)', 'a')")
        #expect(stranger.sqlState == "PL080")
        #expect(stranger.message == "'\(login)' is not a member of palimpsest_tenant")
        #expect(stranger.hint == "GRANT palimpsest_tenant TO \(login)")
        try desk.connection.query("GRANT palimpsest_tenant TO \(login)")
        let both = try refusal("admit('\(login)', 'a')")
        #expect(both.sqlState == "PL080")
        let roles = role == "worker" ? "palimpsest_sealer, palimpsest_worker" : "palimpsest_\(role)"
        #expect(both.message.contains("is a member of \(roles), and would"), "\(both)")
        #expect(try desk.count("lineage.tenant_login") == 2)
    }

    @Test func `a login that is not there, or a superuser, is admitted nowhere`() throws {
        let nobody = tenants.login("nobody")
        #expect(try refusal("admit('\(nobody)', 'a')").message == "there is no login '\(nobody)'")
        let group = try refusal("admit('palimpsest_tenant', 'a')")
        #expect(group.message == "there is no login 'palimpsest_tenant'")
        let boss = try refusal("admit('palimpsest', 'a')")
        #expect(boss.message.contains("'palimpsest' is a superuser"))
        let login = try tenants.newLogin("new")
        #expect(try refusal("admit('\(login)', 'c')").sqlState == "PL059")
    }

    @Test func `a wrong admission is taken back, and the newest event decides`() throws {
        let login = try tenants.newLogin("typo")
        let session = try tenants.session("typo")
        func tell(_ call: String) throws {
            try desk.connection.query("SET ROLE palimpsest_officer")
            defer { _ = try? desk.connection.query("RESET ROLE") }
            try desk.connection.query("SELECT lineage.\(call)")
        }
        #expect(try students(session) == [])
        try tell("admit('\(login)', 'b')")
        #expect(try students(session) == ["student-b"])
        let twice = try refusal("admit('\(login)', 'a')")
        #expect(twice.sqlState == "PL081" && twice.message.contains("tenant 'b' already"))
        try tell("dismiss('\(login)')")
        #expect(try students(session) == [])
        #expect(try refusal("dismiss('\(login)')").sqlState == "PL081")
        try tell("admit('\(login)', 'a')")
        #expect(try students(session) == ["student-a"])
        try tell("dismiss('\(login)')")
        #expect(try students(session) == [])
        // A login of that name that is made later is nobody's either.
        #expect(try desk.count("lineage.tenant_login_event") == 3)
        #expect(try LogVerifier(desk.connection).verify().findings == [])
    }

    /// One that is given an auditor's rights after it was admitted.
    @Test func `who does not see all rows verifies nothing`() throws {
        let login = tenants.login("a")
        try desk.connection.query("GRANT palimpsest_auditor TO \(login)")
        let mine = try tenants.session("a")
        let sentence = "the login '\(login)' is admitted to tenant 'a' and does not see all rows"
        let log = #expect(throws: PostgresError.self) { try LogVerifier(mine).verify() }
        #expect(log?.message == sentence)
        #expect(log?.hint?.contains("not a member of palimpsest_tenant") == true)
        let rows = #expect(throws: PostgresError.self) {
            try RowVerifier(Story.blueprint(of: mine)).verify()
        }
        #expect(rows?.message == sentence)
        try desk.connection.query("SELECT lineage.dismiss('\(login)')")
        let dismissed = #expect(throws: PostgresError.self) { try LogVerifier(mine).verify() }
        #expect(dismissed?.message.contains("is a tenant's and does not see all") == true)
        try desk.connection.query("REVOKE palimpsest_tenant FROM \(login)")
        #expect(try LogVerifier(mine).verify().findings == [])
        #expect(try RowVerifier(Story.blueprint(of: mine)).verify().findings == [])
    }

    /// Whom `admit` had taken before it looked.
    @Test func `an admitted reader goes on seeing his tenant's rows only`() throws {
        let all = try Migration.load(Migration.folder())
        let old = try Connection(PrivatePostgres.emptyTestDatabase())
        try Migrator(old, all.filter { $0.version < 150 }).migrate()
        let reader = try tenants.newLogin("old", "reader")
        let auditor = try tenants.newLogin("older", "reader", "auditor")
        try old.execute(
            script: """
                SELECT lineage.add_tenant('c');
                SELECT lineage.admit('\(reader)', 'c'), lineage.admit('\(auditor)', 'c');
                """
        )
        try Migrator(old, all).migrate()
        let members = try old.query(
            """
            SELECT r.rolname AS login FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
            WHERE m.roleid = 'palimpsest_tenant'::regrole AND r.rolname = ANY ($1::text[])
            """,
            [.array([reader, auditor])]
        ).map { try $0.text("login") }
        #expect(members == [reader])
    }

    /// What an officer wrote past `admit`, or before it looked, hides nothing from the operator's.
    @Test func `only a member of palimpsest_tenant is shown less`() throws {
        let login = try tenants.newLogin("reader", "reader", "auditor")
        let reader = try tenants.session("reader")
        try desk.connection.query(
            "INSERT INTO lineage.tenant_login (login, tenant) VALUES ($1, 1)",
            [.text(login)]
        )
        #expect(try students(reader) == ["student-a", "student-b"])
        #expect(try LogVerifier(reader).verify().findings == [])
    }
}
