import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What the owner of the database cannot do either.
@Suite(.timeLimit(.minutes(2)))
struct ConstraintTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        try desk.submit(Desk.request(.train, name: "waiting"))
    }

    /// Statements, each with the state that refuses it. Artifact 1 is the dataset, 2 the teacher
    /// of run 1, 3 the forget set of request 1 and 4 the unlearned checkpoint of run 2.
    private static let refused = [
        // The ledger only grows.
        ("UPDATE lineage.artifact SET name = 'x'", "PL030"),
        ("DELETE FROM lineage.artifact", "PL030"),
        ("TRUNCATE lineage.artifact CASCADE", "PL030"),
        ("UPDATE lineage.edge SET role = 'teacher' WHERE false", "PL030"),
        ("DELETE FROM lineage.edge", "PL030"),
        ("DELETE FROM lineage.run", "PL030"),
        ("DELETE FROM lineage.import", "PL030"),
        ("UPDATE lineage.metric SET value = 0", "PL030"),
        ("DELETE FROM lineage.unlearn_application", "PL030"),
        ("UPDATE lineage.alias_event SET artifact = 1", "PL030"),
        ("DELETE FROM queue.job_transition", "PL030"),
        ("DELETE FROM queue.rejection", "PL030"),
        // Edges come at birth only, and no circle closes.
        (
            "INSERT INTO lineage.edge (child, parent, role, run) VALUES (4, 1, 'dataset', 2)",
            "PL031"
        ),
        ("INSERT INTO lineage.edge (child, parent, role, run) VALUES (2, 4, 'init', 1)", "PL031"),
        ("INSERT INTO lineage.edge (child, parent, role, run) VALUES (2, 2, 'init', 1)", "PL031"),
        // A metric is a number, and compares with an original.
        (metric("'NaN'", "NULL", "'x'"), "23514"),
        (metric("'Infinity'", "NULL", "'x'"), "23514"),
        (metric("1", "NULL", "'integrity'"), "23514"),
        (metric("1", "NULL", "'integrity_normalised'"), "23514"),
        (metric("1", "1", "'x'"), "PL039"),
        (metric("1", "4", "'x'"), "PL039"),
        (metric("1", "99", "'x'"), "PL039"),
        // A name cannot be taken for a digest.
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('abcdef012345', 1)", "23514"),
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('a b', 1)", "23514"),
        ("INSERT INTO lineage.alias_event (name, artifact) VALUES ('x', 99)", "23503"),
        // One run a job.
        (
            """
            INSERT INTO lineage.run
                (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
            SELECT job, 2, kind, method, spec, spec_digest, 1, started_at FROM lineage.run
            """, "23505"
        ),
        // An end is an end.
        ("UPDATE queue.job SET state = 'queued' WHERE state = 'succeeded'", "PL021"),
        ("UPDATE queue.job SET step = 0 WHERE state = 'succeeded'", "PL021"),
        ("DELETE FROM queue.job WHERE state = 'succeeded'", "PL020"),
        ("DELETE FROM queue.job WHERE state = 'queued'", "PL020"),
        ("TRUNCATE queue.job CASCADE", "PL020"),
        // Columns fit the state.
        (waiting("state = 'running'"), "PL024"),
        (waiting("state = 'running', epoch = 1"), "23514"),
        (waiting("state = 'succeeded', finished_at = now()"), "PL023"),
        (waiting("state = 'failed', finished_at = now()"), "23514"),
        (waiting("state = 'cancelled'"), "23514"),
        (waiting("state = 'asleep'"), "PL023"),
        (waiting("finished_at = now()"), "23514"),
        (waiting("lease_owner = gen_random_uuid(), lease_expires_at = now()"), "23514"),
        (waiting("epoch = 5"), "PL024"),
        (waiting("errors = 9"), "23514"),
        (waiting("priority = 10"), "23514"),
        (waiting("failure_class = 'lost'"), "23514"),
        (waiting("failure_class = 'bored', failure_message = ''"), "23514"),
        // What was asked for stays.
        (waiting("spec = '{}'"), "PL022"),
        (waiting("inputs = '[]'"), "PL022"),
        (waiting("kind = 'evaluate'"), "PL022"),
        (waiting("spec_digest = sha256('')"), "23514"),
    ]

    @Test func `nothing that is recorded can be bent`() throws {
        for (sql, state) in ConstraintTests.refused {
            let error = #expect(throws: PostgresError.self) { try desk.connection.query(sql) }
            #expect(error?.sqlState == state, "\(sql): \(error?.description ?? "")")
        }
    }

    private static func metric(_ value: String, _ reference: String, _ name: String) -> String {
        """
        INSERT INTO lineage.metric (subject, reference, run, name, value)
        VALUES (4, \(reference), 2, \(name), \(value))
        """
    }

    private static func waiting(_ change: String) -> String {
        "UPDATE queue.job SET \(change) WHERE state = 'queued'"
    }
}
