import Foundation
import Jobs
import Postgres
import Records
import Testing

/// A server process that dies at each statement of a seal in turn.
@Suite(.timeLimit(.minutes(4)))
struct CrashTests {
    private static let tables = [
        "lineage.run", "lineage.artifact", "lineage.edge", "lineage.metric",
        "lineage.alias_event", "lineage.forget_request", "lineage.unlearn_application",
        "lineage.evidence", "lineage.score", "lineage.verdict", "lineage.import",
        "queue.outbox", "queue.job_transition", "queue.job",
    ]

    /// Each write counts down a sequence, which no rollback restores, and ends its own process
    /// where it reaches the number.
    private static let trap = """
        CREATE SEQUENCE public.writes;
        CREATE TABLE public.trap (at bigint);
        GRANT SELECT ON public.trap TO PUBLIC;
        CREATE FUNCTION public.crash() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF nextval('public.writes') = (SELECT at FROM public.trap) THEN
                PERFORM pg_terminate_backend(pg_backend_pid());
                PERFORM pg_sleep(10);
            END IF;
            RETURN NULL;
        END $$;
        """

    private func state(_ connection: Connection) throws -> [String] {
        try CrashTests.tables.map { table in
            let row = try connection.query(
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text))"
                    + ", '') AS s FROM \(table) t"
            ).first
            return try row?.text("s") ?? ""
        }
    }

    @Test(arguments: [JobKind.unlearn, .evaluate])
    func `a seal is whole or was never begun`(kind: JobKind) throws {
        let desk = try Desk()
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        try desk.connection.execute(script: CrashTests.trap)
        for table in CrashTests.tables {
            try desk.connection.query(
                "CREATE TRIGGER z_crash AFTER INSERT OR UPDATE ON \(table) "
                    + "FOR EACH STATEMENT EXECUTE FUNCTION public.crash()"
            )
        }
        try submit(kind, desk)
        let job = try desk.claim(kind, lease: 3600)
        let before = try state(desk.connection)
        var crashes = 0
        while crashes < 100 {
            try desk.connection.execute(
                script: "TRUNCATE public.trap; SELECT setval('public.writes', 1, false);"
                    + "INSERT INTO public.trap VALUES (\(crashes + 1))"
            )
            do {
                try seal(kind, job, JobQueue(Connection(desk.conninfo)))
                break
            } catch let error as PostgresError {
                #expect(error.connectionLost || error.sqlState == "57P01", "\(error)")
            }
            crashes += 1
            #expect(try state(desk.connection) == before, "after write \(crashes)")
        }
        // Run, application, artifacts, edges, names, event and so on.
        #expect(crashes >= 8 && crashes < 100)
        #expect(try desk.state(job.claim.job) == "succeeded")
    }

    private func submit(_ kind: JobKind, _ desk: Desk) throws {
        if kind == .unlearn {
            try desk.submit(Desk.request(.unlearn, name: "x", inputs: ["original": "teacher"]))
            return
        }
        let spec: [String: JSON] = [
            "metrics": .array(["accuracy", "integrity", "forgetting"].map { .string($0) }),
            "forget": .array([.string("circle")]),
        ]
        let inputs = ["subject": "forgetful", "original": "teacher", "classifier": "judge"]
        try desk.submit(Desk.request(.evaluate, spec: spec, inputs: inputs))
    }

    private func seal(_ kind: JobKind, _ job: ClaimedJob, _ queue: JobQueue) throws {
        if kind == .unlearn {
            try queue.complete(job, outputs: [Desk.output(content: "x")])
            return
        }
        try queue.complete(
            job,
            outputs: [Desk.output("report", kind: "report", content: "r")],
            metrics: [
                MetricValue("unlearning_accuracy", 1), MetricValue("integrity_floor", 0),
                MetricValue("integrity_ceiling", 1),
                MetricValue("integrity_normalised", 0.1, low: 0.1, high: 0.1),
            ]
        )
    }
}
