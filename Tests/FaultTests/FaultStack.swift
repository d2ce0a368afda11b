import Datasets
import Foundation
import Jobs
import Kafka
import Lifecycle
import LocalStack
import Postgres
import Records
import Store
import TestSupport

/// Real workers as processes, a real Postgres behind a proxy, and librdkafka's broker.
final class FaultStack: Stack {
    let database: Connection
    let proxy: CutProxy
    let store: ArtifactStore
    let producer: Producer
    private let broker: EmbeddedBroker
    private let folder: URL
    /// What all workers say, in their order.
    private let log: URL
    let environment: [String: String]
    private var workers: [Process] = []

    /// - Parameter settings: environment that the workers get besides the stack's.
    /// - Throws: where a part does not start.
    init(_ settings: [String: String] = [:]) throws {
        let conninfo = try PrivatePostgres.testDatabase()
        database = try Connection(conninfo)
        proxy = try CutProxy(before: conninfo)
        broker = try EmbeddedBroker(partitions: 1)
        producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        store = try ArtifactStore(url: folder.absoluteString)
        log = folder.appendingPathExtension("log")
        environment = ProcessInfo.processInfo.environment.merging([
            "PALIMPSEST_DATABASE": proxy.conninfo, "PALIMPSEST_KAFKA": broker.bootstrap,
            "PALIMPSEST_STORE": store.url, "PALIMPSEST_THREADS": "1",
            "PALIMPSEST_LEASE_SECONDS": "6", "PALIMPSEST_RENEW_SECONDS": "1",
        ]) { $1 }.merging(settings) { $1 }
        try registerShapes(in: store)
    }

    deinit {
        for worker in workers where worker.isRunning {
            kill(worker.processIdentifier, SIGCONT)
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        proxy.stop()
        for place in [folder, log] { try? FileManager.default.removeItem(at: place) }
    }

    var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Starts a worker.
    @discardableResult
    func start(_ program: String = "training-worker") throws -> Process {
        let worker = try Programs.start(program, environment, log: log)
        workers.append(worker)
        return worker
    }

    /// Publishes a training job of `steps` steps with a snapshot every 20.
    @discardableResult
    func publish(steps: Int, _ more: String = "", id: UUID = UUID()) throws -> UUID {
        let body = """
            {"job_id": "\(id.uuidString)", \(more) "inputs": {"dataset": "tiny"}, "spec": {
            "method": "diffusion", "network": {"patch": 2, "widths": [16, 32],
            "levels": ["residual"], "blocks": [1], "middle_blocks": 1, "embedding": 32,
            "head_width": 16, "dropout": [0, 0]},
            "work": {"steps": \(steps), "batch_size": 8, "snapshot_every_steps": 20}}}
            """
        try producer.send(to: JobKind.train.topic, key: id.uuidString, value: Data(body.utf8))
        return id
    }

    /// Waits until the job is at work with a snapshot saved in this attempt.
    func working(_ id: UUID) throws {
        try wait { () -> Bool? in
            guard let status = try queue.status(of: id), status.state == "running" else {
                return nil
            }
            return (status.snapshotStep ?? 0) > 0 ? true : nil
        }
    }

    /// Waits for the child that `worker` has now.
    func child(of worker: Process) throws -> Int32 {
        try wait(for: "a child") { children(of: worker.processIdentifier).first }
    }

    func reasons(_ id: UUID) throws -> [String] { try queue.history(of: id).map(\.reason) }
}
