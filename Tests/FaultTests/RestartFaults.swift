import Foundation
import Jobs
import Kafka
import LocalStack
import Postgres
import Records
import Store
import TestSupport
import Testing

/// A Postgres that is stopped and started again under a worker.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RestartFaults {
    private final class OwnStack: Stack {
        private(set) var database: Connection
        let environment: [String: String]
        let producer: Producer
        private let home: URL
        private let broker: EmbeddedBroker
        private var server: PrivatePostgres?

        init() throws {
            home = URL(filePath: "/tmp/restart-\(UInt32.random(in: 0...UInt32.max))")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            let server = try PrivatePostgres.start(in: home.appending(path: "postgres"))
            database = try Connection(server.conninfo)
            try Migrator(database, Migration.load(Migration.folder())).migrate()
            broker = try EmbeddedBroker(partitions: 1)
            producer = try Producer(Configuration(bootstrap: broker.bootstrap))
            let store = try ArtifactStore(url: home.appending(path: "store").absoluteString)
            environment = ProcessInfo.processInfo.environment.merging([
                "PALIMPSEST_DATABASE": server.conninfo, "PALIMPSEST_KAFKA": broker.bootstrap,
                "PALIMPSEST_STORE": store.url, "PALIMPSEST_THREADS": "1",
                "PALIMPSEST_LEASE_SECONDS": "20", "PALIMPSEST_RENEW_SECONDS": "1",
            ]) { $1 }
            self.server = server
            try registerShapes(in: store)
        }

        deinit {
            server?.stop()
            try? FileManager.default.removeItem(at: home)
        }

        /// Stops the server and starts it again, `seconds` later.
        func restart(after seconds: Double) throws {
            server?.stop()
            Thread.sleep(forTimeInterval: seconds)
            let server = try PrivatePostgres.start(in: home.appending(path: "postgres"))
            (self.server, database) = (server, try Connection(server.conninfo))
        }
    }

    @Test func `fault 27: a job goes on through restarts of Postgres in one attempt`() throws {
        let stack = try OwnStack()
        let worker = try Programs.start("training-worker", stack.environment)
        defer {
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        let id = UUID()
        let body = """
            {"job_id": "\(id.uuidString)", "inputs": {"dataset": "tiny"}, "spec": {
            "method": "diffusion", "network": {"patch": 2, "widths": [16, 32],
            "levels": ["residual"], "blocks": [1], "middle_blocks": 1, "embedding": 32,
            "head_width": 16, "dropout": [0, 0]},
            "work": {"steps": 3000, "batch_size": 8, "snapshot_every_steps": 50}}}
            """
        try stack.producer.send(to: JobKind.train.topic, key: "", value: Data(body.utf8))
        try stack.wait { (try stack.queue.status(of: id)?.step ?? 0) > 0 ? true : nil }
        for seconds in [0.0, 3.0] {
            try stack.restart(after: seconds)
            let age = try stack.wait(20) {
                try stack.queue.status(of: id)?.heartbeatAge.flatMap { $0 < 1.5 ? $0 : nil }
            }
            print("\(seconds) s without Postgres: next heartbeat seen \(age) s old")
        }
        let status = try stack.finish(id)
        #expect(status.state == "succeeded" && status.attempt == 1)
        #expect(status.errors == 0 && status.losses == 0)
        #expect(try stack.queue.history(of: id).map(\.epoch).max() == 1)
    }
}
