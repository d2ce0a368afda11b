import Postgres
import Records
import Testing

/// Rows that break an invariant, whoever wrote them, and `verify-rows`.
@Suite(.timeLimit(.minutes(3)))
struct RowTests {
    let story: Story

    init() throws { story = try Story(fixtures: ["ledger.sql", "story.sql"]) }

    @Test func `a ledger that only its functions wrote has nothing to find`() throws {
        let report = try RowVerifier(story.blueprint()).verify()
        #expect(report.findings == [])
        #expect(report.rows > 100 && report.checks > 100)
    }

    /// The log has the row like any other, and the rules are all there again.
    @Test(arguments: RowBreach.all)
    func `a row written while its rule was out of force is named`(_ it: RowBreach) throws {
        let found = try story.after(Weakening.around(it.sql, without: it.rules)) { blueprint in
            #expect(try RuleVerifier(blueprint).inspect().findings == [])
            #expect(try LogVerifier(story.connection).inspect().findings == [])
            return try RowVerifier(blueprint).inspect().findings
        }
        #expect(found.contains { $0.invariant == it.invariant && $0.table == it.table }, "\(found)")
    }

    /// Artifact 18 has no children, which would no longer follow either; its anchor may not.
    @Test(arguments: [
        ("I13", "score SET value = 1, ci_high = 1 WHERE seq = 3"),
        ("I16", "artifact SET generation = generation + 1 WHERE seq = 18"),
        ("I16", "artifact SET origin_roots = '{2}' WHERE seq = 18"),
        ("I11", "edge SET excludes = '{1}' WHERE child = 4"),
        ("I5", "artifact SET original = 3 WHERE seq = 18"),
        ("I5", "artifact SET original = NULL WHERE seq = 18"),
        ("I7", "artifact SET weight_root = 3 WHERE seq = 18"),
        ("I7", "artifact SET weight_depth = 2 WHERE seq = 18"),
    ])
    func `what was bent no longer follows`(invariant: String, change: String) throws {
        let found = try rows(after: "UPDATE lineage.\(change)")
        #expect(found.first?.invariant == invariant, "\(found)")
    }

    /// With an epoch between them the log tells an edge that came later, whatever it changes.
    @Test func `an edge that came in another epoch is late`() throws {
        let sealed = try Sealed()
        try sealed.sealer.seal()
        let story = Story(reading: sealed.desk)
        let late = """
            INSERT INTO lineage.edge (child, parent, role, run)
            SELECT child, parent, 'config', run FROM lineage.edge ORDER BY child DESC LIMIT 1
            """
        let rules = [Weakening.trigger("edge_at_birth", on: "edge")]
        let found = try story.after(Weakening.around(late, without: rules)) {
            try RowVerifier($0).inspect().findings
        }
        #expect(found.map(\.invariant) == ["I2"], "\(found)")
        #expect(try RowVerifier(story.blueprint()).verify().findings == [])
    }

    /// What was put there to make the question fail is a finding, not the end of the audit.
    @Test func `a row that cannot even be asked is named`() throws {
        let found = try rows(
            after: """
                UPDATE lineage.evidence SET metrics = '{"integrity_normalised": {"value": "x"}}'
                WHERE seq = 1
                """
        )
        #expect(found.contains { $0.table == "score" && $0.what.contains("cannot even be asked") })
    }

    /// Someone without the right to read is told so, and no ledger passes for want of it.
    @Test func `who may not read the rows cannot verify them`() throws {
        let blueprint = try story.blueprint()
        try story.run("SET ROLE palimpsest_tenant")
        let error = #expect(throws: PostgresError.self) { try RowVerifier(blueprint).verify() }
        #expect(error?.sqlState == "42501")
        try story.run("RESET ROLE")
    }

    private func rows(after change: String) throws -> [RowFinding] {
        let sql = """
            SET LOCAL session_replication_role = replica; \(change);
            SET LOCAL session_replication_role = origin;
            """
        return try story.after(sql) { try RowVerifier($0).inspect().findings }
    }
}
