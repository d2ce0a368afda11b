import Foundation
import LocalStack
import Postgres
import Records
import Testing

/// What a superuser does to the rules themselves, and `verify-rules`.
@Suite(.timeLimit(.minutes(3)))
struct RuleTests {
    let story: Story

    init() throws { story = try Story(fixtures: []) }

    @Test func `a database that was only migrated has nothing to find`() throws {
        let report = try RuleVerifier(story.blueprint()).verify()
        #expect(report.findings == [])
        #expect(report.rules > 4_000)
    }

    @Test(arguments: Tampering.all)
    func `what was dropped, added, switched off or replaced is named`(_ it: Tampering) throws {
        let found = try story.tampered(it.sql)
        #expect(
            found.contains {
                $0.fault == it.fault && $0.kind == it.kind && $0.name == it.name
                    && $0.part == it.part ?? $0.part
            },
            "\(found)"
        )
        #expect(found.count <= it.sideEffects + 1, "\(found)")
    }

    /// The first line that differs is shown of both.
    @Test func `a weaker body is shown beside what it should be`() throws {
        let found = try story.tampered(
            """
            CREATE OR REPLACE FUNCTION lineage.refuse_change() RETURNS trigger
            LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
            $$ BEGIN RETURN new; END $$
            """
        )
        let body = try #require(found.first { $0.part == "body" })
        #expect(body.description.contains("function lineage.refuse_change(), body: it is 'BEGIN"))
        #expect(body.due?.isEmpty == false)
    }

    /// Roles of the operator's own, with what they need to read; logins; another owner and name.
    @Test func `what operators do is no finding`() throws {
        let found = try story.tampered(
            """
            CREATE ROLE rule_boss SUPERUSER;
            CREATE ROLE rule_login LOGIN IN ROLE palimpsest_reader, palimpsest_officer;
            GRANT palimpsest_worker_train TO rule_login WITH ADMIN OPTION;
            GRANT USAGE ON SCHEMA lineage TO rule_login;
            GRANT SELECT ON lineage.artifact, queue.job TO rule_login;
            GRANT SELECT (kind) ON lineage.run TO rule_login;
            ALTER TABLE lineage.edge OWNER TO rule_boss;
            ALTER FUNCTION lineage.origins OWNER TO rule_boss;
            ALTER TABLE lineage.edge SET (fillfactor = 90, autovacuum_enabled = false);
            ALTER ROLE palimpsest_reader SET statement_timeout = '1min';
            CREATE SCHEMA tools;
            CREATE FUNCTION tools.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE VIEW tools.models AS SELECT seq FROM lineage.artifact;
            """
        )
        #expect(found == [])
    }

    @Test func `a database one migration behind is compared at its version`() throws {
        let all = try Migration.load(Migration.folder())
        let older = try Connection(PrivatePostgres.emptyTestDatabase())
        try Migrator(older, Array(all.dropLast())).migrate()
        let blueprint = try Blueprint(
            of: older,
            on: Connection(PrivatePostgres.emptyTestDatabase()),
            all
        )
        #expect(blueprint.version < blueprint.newest)
        #expect(try RuleVerifier(blueprint).verify().findings == [])
        #expect(throws: PostgresError.self) { try RowVerifier(blueprint).verify() }
        // With the version of the newest it lacks what the newest did.
        try older.query(
            "INSERT INTO migration.applied (version, name, checksum) VALUES (9999, 'x', '')"
        )
        let error = #expect(throws: PostgresError.self) { try Story.blueprint(of: older) }
        #expect(error?.message.contains("which this build does not know") == true)
    }

    @Test func `a database without a schema says so`() throws {
        let empty = try Connection(PrivatePostgres.emptyTestDatabase())
        let error = #expect(throws: PostgresError.self) { try Story.blueprint(of: empty) }
        #expect(error?.hint == "run palimpsest migrate")
    }

    /// Whoever may see the catalogs and the migrations can ask.
    @Test func `an auditor needs no more rights than his role has`() throws {
        let blueprint = try story.blueprint()
        try story.run("SET ROLE palimpsest_auditor")
        #expect(try RuleVerifier(blueprint).verify().findings == [])
        #expect(try RowVerifier(blueprint).verify().findings == [])
        try story.run("RESET ROLE")
    }
}
