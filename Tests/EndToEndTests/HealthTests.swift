import Foundation
import HTTP
import Jobs
import Lifecycle
import LocalStack
import Postgres
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct HealthTests {
    @Test func `a worker is ready while Kafka and Postgres are there, until it ends`() throws {
        let stack = try TestStack(workers: [.train])
        #expect(try stack.page("/healthz").status == 200)
        try waitReady(stack)
        let name = try #require(try stack.database.query("SELECT current_database() AS n").first)
        let gate = try Gate(database: name.text("n"))
        try gate.close()
        let closed = try stack.wait { try page(stack, saying: "Postgres: ") }
        #expect(closed.status == 503 && !closed.body.contains("Kafka"))
        #expect(try stack.page("/healthz").status == 200)
        try gate.open()
        try waitReady(stack)

        let inputs = #"{"dataset": "tiny"}"#
        try stack.publish(.train, Tiny.teacher(steps: 1_000_000), inputs: inputs)
        let child = try stack.wait { try stack.child(of: .train) }
        kill(child, SIGSTOP)
        kill(try stack.worker(.train), SIGTERM)
        let ending = try stack.wait { try page(stack, saying: "not ready: ending") }
        kill(child, SIGCONT)
        #expect(ending.status == 503)
    }

    @Test func `the metrics tell of the jobs that ran and those that wait`() throws {
        let stack = try TestStack(workers: [.train])
        try stack.publish(raw: "{", to: "jobs.train.v1")
        let inputs = #"{"dataset": "tiny"}"#
        let job = try stack.publish(.train, Tiny.classifier, inputs: inputs)
        #expect(try stack.finish(job).state == "succeeded")
        let lines = [
            #"jobs_ingested_total{topic="jobs.train.v1",result="accepted"} 1"#,
            #"jobs_ingested_total{topic="jobs.train.v1",result="rejected"} 1"#,
            #"jobs_run_seconds_count{kind="train",outcome="succeeded"} 1"#,
            #"jobs_steps_total{kind="train"} 5"#,
            #"jobs_lease_renewals_total{result="ok"}"#, "postgres_up 1", "outbox_pending ",
            #"kafka_consumer_lag{topic="jobs.train.v1",partition="0"} 0"#,
            #"outbox_published_total{topic="jobs.events.v1",result="ok"}"#,
            #"outbox_published_total{topic="jobs.dlq.v1",result="ok"} 1"#,
        ]
        for line in lines {
            try stack.wait(20) { try stack.page("/metrics").body.contains(line) ? true : nil }
        }
        let page = try stack.page("/metrics").body
        #expect(!page.lowercased().contains(job.uuidString.lowercased()))
    }

    @Test func `fault 55: a worker whose port is in use says so and ends`() throws {
        let stack = try TestStack(workers: [])
        let taken = try Server("127.0.0.1:0") { _ in Response(200, "") }
        let worker = Process()
        worker.executableURL = Programs.folder.appending(path: "training-worker")
        worker.environment = stack.environment.merging(["PALIMPSEST_HTTP": "\(taken.port)"]) { $1 }
        let pipe = Pipe()
        worker.standardError = pipe
        try worker.start()
        let said = String(
            decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(),
            as: UTF8.self
        )
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 1)
        #expect(said.contains("'\(taken.port)': Address already in use; choose another port"))
    }

    /// The command that the compose file's health checks run.
    @Test func `the probe fails where no worker is`() throws {
        let stack = try TestStack(workers: [.train])
        _ = try stack.page("/healthz")
        let port = try #require(stack.logged(.train).firstMatch(of: /http="port (\d+)"/)?.1)
        #expect(try probe("0.0.0.0:\(port)") == 0)
        kill(try stack.worker(.train), SIGKILL)
        try stack.wait { try probe("0.0.0.0:\(port)") == 1 ? true : nil }
    }

    @Test(arguments: [[:], ["PALIMPSEST_HTTP": ""]])
    func `a probe without an address names the variable`(environment: [String: String]) throws {
        let answer = try Programs.run("training-worker", ["probe"], environment)
        #expect(answer.status == 64 && answer.text.contains("PALIMPSEST_HTTP is not set"))
    }

    private func probe(_ address: String) throws -> Int32 {
        let probe = Process()
        probe.executableURL = Programs.folder.appending(path: "training-worker")
        probe.arguments = ["probe"]
        probe.environment = ["PALIMPSEST_HTTP": address]
        probe.standardError = FileHandle.nullDevice
        try probe.start()
        probe.waitUntilExit()
        return probe.terminationStatus
    }

    private func waitReady(_ stack: TestStack) throws {
        try stack.wait { try stack.page("/readyz").status == 200 ? true : nil }
    }

    private func page(_ stack: TestStack, saying text: String) throws -> Page? {
        let page = try stack.page("/readyz")
        return page.body.contains(text) ? page : nil
    }
}

/// Lets nobody into a database, and out those who are in.
private struct Gate {
    let database: String
    private let connection: Connection

    init(database: String) throws {
        self.database = database
        connection = try Connection(PrivatePostgres.emptyTestDatabase())
    }

    func close() throws {
        try connection.query("ALTER DATABASE \(database) ALLOW_CONNECTIONS false")
        try connection.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            [.text(database)]
        )
    }

    func open() throws { try connection.query("ALTER DATABASE \(database) ALLOW_CONNECTIONS true") }
}
