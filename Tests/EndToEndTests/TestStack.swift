import Datasets
import Foundation
import HTTP
import Jobs
import Kafka
import Lifecycle
import LocalStack
import Postgres
import Records
import Store
import TestSupport
import Testing

/// Real workers as processes, a real Postgres, and librdkafka's broker, all of it gone with the
/// test.
final class TestStack: Stack {
    let database: Connection
    let store: ArtifactStore
    let environment: [String: String]
    private let broker: EmbeddedBroker
    private let producer: Producer
    private let folder: URL
    /// The workers' logs and settings, which need no room on the store's disk.
    private let notes: URL
    /// Whether the store has a file system of its own.
    private let isMounted: Bool
    private var workers: [JobKind: Process] = [:]

    /// Starts workers of `kinds`, each with its pages on a free port; `disk`, the options of a tmpfs,
    /// gives the store a disk of its own, and `secret` is a password that no server asks for, put into
    /// all settings that can hold one; `signingKey` is the file of the key that seals the log.
    init(
        workers kinds: [JobKind],
        disk: String? = nil,
        secret: String? = nil,
        signingKey: URL? = nil
    ) throws {
        let conninfo =
            try PrivatePostgres.testDatabase() + (secret.map { " password=\($0)" } ?? "")
        database = try Connection(conninfo)
        broker = try EmbeddedBroker(partitions: 1)
        producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        if let disk {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try #require(mount("tmpfs", folder.path, "tmpfs", 0, disk) == 0)
        }
        isMounted = disk != nil
        store = try ArtifactStore(url: folder.absoluteString)
        notes = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: notes, withIntermediateDirectories: true)
        let kafka = notes.appending(path: "kafka.conf")
        let passwords = secret.map { "sasl.username=u\nsasl.password=\($0)\n" } ?? ""
        try Data(passwords.utf8).write(to: kafka)
        environment = ProcessInfo.processInfo.environment.merging([
            "PALIMPSEST_DATABASE": conninfo, "PALIMPSEST_KAFKA": broker.bootstrap,
            "PALIMPSEST_STORE": store.url, "PALIMPSEST_THREADS": "1",
            "PALIMPSEST_LEASE_SECONDS": "5", "PALIMPSEST_HTTP": "0",
            "PALIMPSEST_KAFKA_CONFIG": kafka.path,
            "PALIMPSEST_KEYS": folder.appending(path: "keys").path,
        ]) { _, ours in ours }
        .merging(signingKey.map { ["PALIMPSEST_SIGNING_KEY": $0.path] } ?? [:]) { _, ours in ours }
        try registerShapes(in: store)
        for kind in kinds { try start(kind) }
    }

    deinit {
        for worker in workers.values {
            worker.terminate()
            worker.waitUntilExit()
        }
        if isMounted { umount2(folder.path, Int32(MNT_DETACH)) }
        for place in [folder, notes] { try? FileManager.default.removeItem(at: place) }
    }

    private static let names: [JobKind: String] = [
        .train: "training", .distill: "distillation", .unlearn: "unlearning",
        .evaluate: "evaluation",
    ]

    private func start(_ kind: JobKind) throws {
        let name = (TestStack.names[kind] ?? "") + "-worker"
        workers[kind] = try Programs.start(name, environment, log: log(kind))
    }

    private func log(_ kind: JobKind) -> URL { notes.appending(path: "\(kind.rawValue).log") }

    /// What the workers of `kind` have logged.
    func logged(_ kind: JobKind) throws -> String {
        try String(contentsOf: log(kind), encoding: .utf8)
    }

    /// A page of the worker of `kind`, whose log tells the port.
    func page(_ path: String, of kind: JobKind = .train) throws -> Page {
        let port = try wait { try logged(kind).matches(of: /http="port (\d+)"/).last?.1 }
        return try Page(path, from: "127.0.0.1:\(port)")
    }

    /// The process of the worker of `kind`.
    func worker(_ kind: JobKind) throws -> Int32 { try #require(workers[kind]).processIdentifier }

    /// Ends the worker of `kind` at once and starts another.
    func replace(_ kind: JobKind) throws {
        let old = try #require(workers[kind])
        kill(old.processIdentifier, SIGKILL)
        old.waitUntilExit()
        try start(kind)
    }

    /// The child that the worker of `kind` has now, if any.
    func child(of kind: JobKind) throws -> Int32? { try children(of: worker(kind)).first }

    /// Publishes `body` as a bare JSON message and returns the job's id, given in it.
    @discardableResult
    func publish(_ kind: JobKind, _ spec: String, inputs: String, name: String? = nil) throws
        -> UUID
    {
        let id = UUID()
        let named = name.map { "\"name\": \"\($0)\"," } ?? ""
        let body = """
            {"job_id": "\(id.uuidString)", \(named) "spec": \(spec), "inputs": \(inputs)}
            """
        try producer.send(to: kind.topic, key: id.uuidString, value: Data(body.utf8))
        return id
    }

    /// Publishes `value` as it is.
    func publish(raw value: String, to topic: String, headers: [String: String] = [:]) throws {
        try producer.send(to: topic, key: "", headers: headers, value: Data(value.utf8))
    }
}

/// Specs that take a second.
enum Tiny {
    static func teacher(steps: Int, snapshots: Int = 0) -> String {
        """
        {"method": "diffusion", "network": {"patch": 2, "widths": [16, 32], "levels": ["residual"],
        "blocks": [1], "middle_blocks": 1, "embedding": 32, "head_width": 16, "dropout": [0, 0]},
        "work": {"steps": \(steps), "batch_size": 8, "snapshot_every_steps": \(snapshots)}}
        """
    }

    static let classifier = """
        {"method": "classifier", "width": 32, "depth": 1, "headWidth": 16, "work": {"steps": 5, "batch_size": 8}}
        """.replacing("headWidth", with: "head_width")

    static func student(steps: Int, snapshots: Int = 0) -> String {
        """
        {"student_steps": 4, "work": {"steps": \(steps), "batch_size": 8,
        "snapshot_every_steps": \(snapshots)}}
        """
    }

    static func forget(_ method: String, steps: Int, snapshots: Int = 0) -> String {
        """
        {"method": "\(method)", "forget": ["star"], "samples_per_class": 4,
        "sampler": {"steps": 2}, "work": {"steps": \(steps), "batch_size": 8,
        "snapshot_every_steps": \(snapshots)}}
        """
    }

    /// Some 70 batches in two seconds.
    static let longEvaluation = """
        {"metrics": ["fid", "accuracy", "integrity", "forgetting"], "samples": 280, "pairs": 140,
        "batch_size": 14, "forget": ["star"], "sampler": {"steps": 24}, "bootstrap_rounds": 20,
        "grid_steps": [1], "snapshot_every_steps": 3}
        """

    static let evaluation = """
        {"metrics": ["fid", "accuracy", "integrity", "forgetting"], "samples": 28, "pairs": 14,
        "batch_size": 14, "forget": ["star"], "sampler": {"steps": 2}, "bootstrap_rounds": 20}
        """
}
