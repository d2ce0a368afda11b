import Postgres
import Testing

/// What may go live where the gate is on.
@Suite(.timeLimit(.minutes(2)))
struct GateTests {
    let story: Story

    init() throws { story = try Story.tainted() }

    @Test func `only what is clean or cleansed goes live where the gate is on`() throws {
        try story.cleanse()
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
        try story.cleanse()
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
