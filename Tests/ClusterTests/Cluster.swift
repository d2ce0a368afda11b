import Foundation
import Glibc
import Lifecycle
import Synchronization
import Testing

/// A real Apache Kafka of one node or several, gone with the test; `broker.py` has the details.
final class Cluster {
    let folder: URL
    private var server: Process
    private var nodes: [Process] = []

    /// Says aloud where there is none, since the tests that need it are then skipped.
    static let isThere: Bool = {
        let there = script != nil && hasJava
        print(
            there
                ? "cluster tests run against Apache Kafka"
                : "cluster tests are skipped: they need Java, and Apache Kafka at KAFKA_HOME or in "
                    + "../shared/kafka"
        )
        return there
    }()

    /// `broker.py` of `KAFKA_HOME`, else of the folder `shared/kafka` beside the repository.
    private static let script: URL? = {
        let beside = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared/kafka").standardized
        let home = ProcessInfo.processInfo.environment["KAFKA_HOME"].map { URL(filePath: $0) }
        let script = (home ?? beside).appending(path: "broker.py")
        return FileManager.default.fileExists(atPath: script.path) ? script : nil
    }()

    private static let hasJava = FileManager.default.isExecutableFile(atPath: "/usr/bin/java")

    private static let started = Atomic(0)

    init(nodes: Int = 1, security: String = "plaintext", acl: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let count = Cluster.started.add(1, ordering: .relaxed).oldValue
        let port = 24_000 + Int(getpid()) % 200 * 4 + count * 4 % 200
        let options = ["--port", "\(port)", "--nodes", "\(nodes)", "--security", security]
        server = try Cluster.serve(folder, options + (acl ? ["--acl"] : []))
    }

    deinit {
        for process in nodes + [server] { process.terminate() }
        for process in nodes + [server] { process.waitUntilExit() }
        try? FileManager.default.removeItem(at: folder)
    }

    var bootstrap: String {
        get throws {
            try String(contentsOf: folder.appending(path: "bootstrap"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// librdkafka's settings for `user`: admin, worker or outsider.
    func client(_ user: String) -> String { folder.appending(path: "client-\(user).conf").path }

    /// Stops all nodes cleanly and starts them again over their data.
    func restart() throws {
        server.terminate()
        server.waitUntilExit()
        server = try Cluster.serve(folder, [])
    }

    /// Ends one node at once.
    func kill(node: Int) throws {
        let file = folder.appending(path: "node\(node).pid")
        let text = try String(contentsOf: file, encoding: .utf8)
        let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(Glibc.kill(pid, SIGKILL) == 0)
    }

    /// Brings a killed node back over its data.
    func revive(node: Int) throws {
        let process = try Cluster.command(["node", folder.path, "\(node)"])
        process.standardOutput = FileHandle.nullDevice
        try process.start()
        nodes.append(process)
    }

    /// What one of Kafka's own tools says.
    @discardableResult
    func tool(_ arguments: String...) throws -> String { try tool(arguments) }

    @discardableResult
    func tool(_ arguments: [String]) throws -> String {
        let process = try Cluster.command(["tool", folder.path] + arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private static func serve(_ folder: URL, _ options: [String]) throws -> Process {
        let server = try command(["start", folder.path] + options)
        let output = Pipe()
        server.standardOutput = output
        try server.start()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(said.hasPrefix("ready"), "the cluster in \(folder.path) did not start")
        return server
    }

    private static func command(_ arguments: [String]) throws -> Process {
        let process = Process()
        let program: URL = try #require(script)
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}
