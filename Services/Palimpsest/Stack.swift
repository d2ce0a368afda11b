import Commands
import Datasets
import Foundation
import Jobs
import Lifecycle
import LocalStack
import Postgres
import Proofs
import Records
import Store

/// Everything on this machine: a private Postgres, the embedded broker and the four workers.
final class Stack {
    let connections: Connections
    private let postgres: PrivatePostgres
    private let broker: EmbeddedBroker?
    private var workers: [Process] = []
    /// Where each worker serves its metrics.
    private(set) var pages: [String] = []

    /// Starts all of it in `home`, with the schema applied and the shapes imported; with the brokers
    /// at `kafka` instead of an embedded one where that is given.
    ///
    /// - Throws: where Postgres is missing or a part does not start, saying which.
    init(
        home: URL,
        threads: Int?,
        kafka: String?,
        workers kinds: [String] = ["training", "distillation", "unlearning", "evaluation"]
    ) throws {
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        postgres = try PrivatePostgres.start(in: home.appending(path: "postgres"))
        broker = kafka == nil ? try EmbeddedBroker() : nil
        connections = Connections(
            database: postgres.conninfo,
            kafka: kafka ?? broker?.bootstrap ?? "",
            store: home.appending(path: "store").absoluteString
        )
        if kafka != nil { _ = try createTopics(connections) }
        let database = try connections.openDatabase()
        try Migrator(database, Migration.load(Migration.folder())).migrate()
        if try Ledger(database).isUnknown("shapes") {
            try importShapes(connections, count: 4_096, resolution: 32, seed: 1)
        }
        try JSONEncoder().encode(connections).write(to: home.appending(path: "connection.json"))
        try Data(connections.kafka.utf8).write(to: home.appending(path: "bootstrap"))
        try startWorkers(kinds, home, threads)
    }

    /// The workers die with this process, whatever ends it (`setpriv --pdeathsig`).
    private func startWorkers(_ kinds: [String], _ home: URL, _ threads: Int?) throws {
        let key = home.appending(path: "signing-key.pem")
        if !FileManager.default.fileExists(atPath: key.path) { try SigningKey().write(to: key) }
        var environment = connections.environment(threads: threads)
        if setting("PALIMPSEST_SIGNING_KEY") == nil {
            environment["PALIMPSEST_SIGNING_KEY"] = key.path
        }
        let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for (index, name) in kinds.enumerated() {
            let again = kinds.prefix(index).count { $0 == name }
            let log = home.appending(path: "\(name)-worker\(again > 0 ? "-\(again + 1)" : "").log")
            try Data().write(to: log)
            let worker = Process()
            worker.executableURL = URL(filePath: "/usr/bin/setpriv")
            worker.arguments = [
                "--pdeathsig", "TERM", folder.appending(path: "\(name)-worker").path,
            ]
            let page = "127.0.0.1:\(try freePort())"
            pages.append("http://\(page)/metrics  \(name)-worker")
            worker.environment = environment.merging(["PALIMPSEST_HTTP": page]) { _, ours in ours }
            worker.standardError = try FileHandle(forWritingTo: log)
            worker.standardInput = FileHandle.nullDevice
            try worker.start()
            workers.append(worker)
        }
    }

    /// - Throws: `Failure` naming a worker that has ended though nobody asked it to.
    func requireWorkers(_ home: URL) throws {
        guard let dead = workers.first(where: { !$0.isRunning }) else { return }
        let program = dead.arguments?.last ?? "a worker"
        throw Failure("\(program) has ended; see the logs in \(home.path)")
    }

    /// Ends the workers, then the broker and Postgres, and forgets where they were.
    func stop(home: URL) {
        for worker in workers { worker.terminate() }
        for worker in workers { worker.waitUntilExit() }
        postgres.stop()
        for name in ["connection.json", "bootstrap"] {
            try? FileManager.default.removeItem(at: home.appending(path: name))
        }
    }
}

extension Ledger {
    /// Whether nothing is named `name`.
    func isUnknown(_ name: String) throws -> Bool {
        do {
            _ = try resolve(name)
            return false
        } catch let error as PostgresError where error.isAboutReference {
            return true
        }
    }
}
