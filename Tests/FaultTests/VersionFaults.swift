import Foundation
import Jobs
import Postgres
import Records
import TestSupport
import Testing

/// Messages and workers of other versions.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct VersionFaults {
    /// Messages as they were published when version 1 came, before any optional field: they are read
    /// as they ever were. These texts are never to be changed.
    private let oldest = [
        ("jobs.train.v1", #"{"spec":{"method":"diffusion"},"inputs":{"dataset":"shapes"}}"#),
        ("jobs.train.v1", #"{"spec":{"method":"classifier"},"inputs":{"dataset":"shapes"}}"#),
        (
            "jobs.distill.v1",
            #"{"spec":{"student_steps":8},"inputs":{"teacher":"t","dataset":"shapes"}}"#
        ),
        (
            "jobs.unlearn.v1",
            #"{"spec":{"method":"saddle","forget":["star"]},"inputs":{"original":"t"}}"#
        ),
    ]

    @Test func `fault 5: the first messages of a version are still jobs, with every new default`()
        throws
    {
        for (topic, body) in oldest {
            let kind = try #require(JobKind(topic: topic))
            let headers = [
                "ce_specversion": "1.0", "ce_id": "m", "ce_source": "old",
                "ce_type": "job.\(kind.rawValue).submit.v1",
            ]
            let message = IncomingMessage(
                topic: topic,
                partition: 0,
                offset: 1,
                headers: headers,
                value: Data(body.utf8)
            )
            let request = try message.job().request
            #expect(request.options == JobOptions() && request.priority == 0)
        }
    }

    /// What an upgrade does to a running queue: columns, functions that answer more, a row of
    /// `migration.applied`.
    private let newer = """
        ALTER TABLE queue.job ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 0;
        ALTER FUNCTION queue.renew(uuid, bigint, double precision) RENAME TO renew_of_today;
        CREATE FUNCTION queue.renew(
            job uuid, epoch bigint, ttl double precision, tomorrow boolean DEFAULT true
        ) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            SELECT queue.renew_of_today(job, epoch, ttl);
        $$;
        INSERT INTO migration.applied (version, name, checksum) VALUES (9999, 'tomorrow', '');
        """

    @Test func `fault 59: workers go on beside a newer schema, and the next start says so`() throws
    {
        let stack = try FaultStack()
        try stack.start()
        let before = try stack.publish(steps: 200)
        try stack.working(before)
        try stack.database.execute(script: newer)
        let after = try stack.publish(steps: 20)
        for id in [before, after] {
            let status = try stack.finish(id)
            #expect(status.state == "succeeded" && status.attempt == 1)
        }
        let late = try Programs.run("training-worker", [], stack.environment)
        #expect(late.status == 1)
        #expect(late.text.contains("migration 9999 'tomorrow', which this build does not know"))
        #expect(late.text.contains("use a newer build"))
        // A downgrade takes the row back; both then work on one queue again.
        try stack.database.query("DELETE FROM migration.applied WHERE version = 9999")
        try stack.start()
        let ids = try (0..<6).map { _ in try stack.publish(steps: 5) }
        for id in ids { #expect(try stack.finish(id).state == "succeeded") }
    }

    @Test func `fault 59: a worker newer than the schema says what to run`() throws {
        let stack = try FaultStack()
        let newest = try stack.database.query(
            """
            DELETE FROM migration.applied
            WHERE version = (SELECT max(version) FROM migration.applied) RETURNING version, name
            """
        )
        let early = try Programs.run("training-worker", [], stack.environment)
        #expect(early.status == 1)
        let name = try "\(newest[0].int("version")) \(newest[0].text("name"))"
        #expect(early.text.contains("the database lacks the migrations \(name)"))
        #expect(early.text.contains("run palimpsest migrate"))
    }
}
