import Foundation
import HTTP
import Jobs
import Kafka
import Lifecycle
import LocalStack
import Postgres
import Records
import TestSupport
import Testing

/// A Postgres and real workers on a cluster. The dataset of its jobs is in the ledger and not in the
/// store, so jobs are taken in, and fail as soon as they run.
final class Fleet: Stack {
    let database: Connection
    var environment: [String: String]
    private let folder: URL
    private(set) var workers: [Worker] = []

    struct Worker {
        let process: Process
        let address: String
        let log: URL

        var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
        func page(_ path: String) throws -> Page { try Page(path, from: address) }
        var isReady: Bool { (try? page("/readyz").status) == 200 }
    }

    var logged: String { workers.map(\.logged).joined(separator: "\n") }

    /// No worker runs yet; `settings` are lines of a librdkafka properties file for all programs.
    init(_ bootstrap: String, settings: String = "") throws {
        let conninfo = try PrivatePostgres.testDatabase()
        database = try Connection(conninfo)
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "kafka.conf")
        try Data((settings + "\nsession.timeout.ms=6000\n").utf8).write(to: file)
        environment = ProcessInfo.processInfo.environment.merging([
            "PALIMPSEST_DATABASE": conninfo, "PALIMPSEST_KAFKA": bootstrap,
            "PALIMPSEST_STORE": folder.appending(path: "store").absoluteString,
            "PALIMPSEST_KAFKA_CONFIG": file.path, "PALIMPSEST_THREADS": "1",
        ]) { _, ours in ours }
        let dataset = JobOutput(
            name: "dataset",
            kind: "dataset",
            content: Digest(of: Data("nowhere".utf8)),
            bytes: 7,
            info: .object([:])
        )
        try Ledger(database).register(dataset, from: "test", name: "nowhere")
    }

    deinit {
        for worker in workers where worker.process.isRunning { worker.process.terminate() }
        for worker in workers { worker.process.waitUntilExit() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts a worker and returns at once.
    @discardableResult
    func start(_ name: String = "training") throws -> Worker {
        let port = try Server("127.0.0.1:0") { _ in Response(404, "") }.port
        let log = folder.appending(path: "\(workers.count).log")
        let all = environment.merging(["PALIMPSEST_HTTP": "\(port)"]) { $1 }
        let process = try Programs.start("\(name)-worker", all, log: log)
        let worker = Worker(process: process, address: "127.0.0.1:\(port)", log: log)
        workers.append(worker)
        return worker
    }

    func producer() throws -> Producer {
        var configuration = Configuration(bootstrap: environment["PALIMPSEST_KAFKA"] ?? "")
        let file = URL(filePath: environment["PALIMPSEST_KAFKA_CONFIG"] ?? "")
        try configuration.add(propertiesFile: file)
        return try Producer(configuration)
    }

    /// Publishes a job and returns its id once the brokers have it.
    func publish(_ producer: Producer) throws -> UUID {
        let id = UUID()
        let body = """
            {"job_id": "\(id.uuidString)", "spec": {"method": "classifier"}, "max_attempts": 1,
            "inputs": {"dataset": "nowhere"}}
            """
        try producer.send(to: JobKind.train.topic, key: id.uuidString, value: Data(body.utf8))
        return id
    }

    /// The jobs that Postgres has.
    func jobs() throws -> [UUID] {
        try database.query("SELECT job FROM queue.job_status").map { try $0.uuid("job") }
    }

    /// Waits until Postgres has exactly `ids`.
    func await(_ ids: [UUID], seconds: Double = 60) throws {
        try wait(seconds, for: "the jobs") { try jobs().count >= ids.count ? true : nil }
        #expect(try Set(jobs()) == Set(ids))
    }
}
