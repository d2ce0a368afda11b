import Datasets
import Foundation
import Jobs
import Kafka
import Lifecycle
import LocalStack
import Postgres
import Records
import Store
import Testing

/// Real workers as processes, a real Postgres behind a proxy, and librdkafka's broker.
final class FaultStack {
    let database: Connection
    let proxy: CutProxy
    let store: ArtifactStore
    let producer: Producer
    private let broker: EmbeddedBroker
    private let folder: URL
    private let environment: [String: String]
    private var workers: [Process] = []

    var queue: JobQueue { JobQueue(database) }
    var ledger: Ledger { Ledger(database) }

    static let programs =
        Bundle.main.bundleURL.path.hasSuffix(".xctest")
        ? Bundle.main.bundleURL.deletingLastPathComponent()
        : URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

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
        environment = ProcessInfo.processInfo.environment.merging([
            "PALIMPSEST_DATABASE": proxy.conninfo, "PALIMPSEST_KAFKA": broker.bootstrap,
            "PALIMPSEST_STORE": store.url, "PALIMPSEST_THREADS": "1",
            "PALIMPSEST_LEASE_SECONDS": "6", "PALIMPSEST_RENEW_SECONDS": "1",
        ]) { $1 }.merging(settings) { $1 }
        let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)
        let (digest, manifest) = try dataset.save(in: store)
        let output = JobOutput(
            name: "dataset",
            kind: "dataset",
            content: digest,
            bytes: manifest.bytes,
            info: manifest.info
        )
        try ledger.register(output, from: "test", name: "tiny")
    }

    deinit {
        for worker in workers {
            kill(worker.processIdentifier, SIGCONT)
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        proxy.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts a worker.
    @discardableResult
    func start(_ program: String = "training-worker") throws -> Process {
        let worker = Process()
        worker.executableURL = FaultStack.programs.appending(path: program)
        worker.environment = environment
        worker.standardInput = FileHandle.nullDevice
        worker.standardError = FileHandle.nullDevice
        try worker.start()
        workers.append(worker)
        return worker
    }

    /// What a program of ours prints, and its status.
    func run(_ program: String, _ arguments: String...) throws -> (text: String, status: Int32) {
        try run(FaultStack.programs.appending(path: program), arguments, environment)
    }

    /// The same for a command of the shell, which finds our programs.
    func shell(
        _ command: String,
        _ variables: [String: String]
    ) throws -> (text: String, status: Int32) {
        let path = FaultStack.programs.path + ":" + (environment["PATH"] ?? "")
        let all = environment.merging(variables) { $1 }.merging(["PATH": path]) { $1 }
        return try run(URL(filePath: "/bin/sh"), ["-c", command], all)
    }

    private func run(
        _ executable: URL,
        _ arguments: [String],
        _ environment: [String: String]
    ) throws -> (text: String, status: Int32) {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
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

    /// Waits until `body` has a value.
    func wait<Value>(_ seconds: Double = 60, for body: () throws -> Value?) throws -> Value {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let value = try body() { return value }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Silence(seconds: seconds)
    }

    func finish(_ id: UUID, seconds: Double = 120) throws -> JobStatus {
        try wait(seconds) { try queue.status(of: id).flatMap { $0.isFinished ? $0 : nil } }
    }

    /// Waits until the job is at work with a snapshot saved in this attempt.
    func working(_ id: UUID) throws {
        _ = try wait { () -> Bool? in
            guard let status = try queue.status(of: id), status.state == "running" else {
                return nil
            }
            return (status.snapshotStep ?? 0) > 0 ? true : nil
        }
    }

    /// Waits for the child that `worker` has now.
    func child(of worker: Process) throws -> Int32 {
        try wait { try children(of: worker.processIdentifier).first }
    }

    func reasons(_ id: UUID) throws -> [String] { try queue.history(of: id).map(\.reason) }
}

/// The children of all threads of `parent`.
func children(of parent: Int32) throws -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
    return tasks.flatMap { task -> [Int32] in
        let path = "/proc/\(parent)/task/\(task)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}

/// Whether `process` runs or is stopped, rather than gone or a zombie.
func isAlive(_ process: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let state = status?.split(separator: ")").last?.split(separator: " ").first
    return state != nil && state != "Z"
}

/// Something that should have happened did not.
struct Silence: Error { let seconds: Double }
