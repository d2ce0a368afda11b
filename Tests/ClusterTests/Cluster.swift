import Foundation
import Glibc
import HTTP
import Lifecycle
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

    /// Below the ports that the kernel gives to clients.
    private static func randomPort() -> Int { .random(in: 2_500...7_000) * 4 }

    /// Whether nobody listens where a cluster of up to four nodes at `port` would: there, a thousand
    /// and two thousand above.
    private static func isFree(_ port: Int) -> Bool {
        [0, 1_000, 2_000].allSatisfy { offset in
            (0..<4).allSatisfy { node in
                let address = "127.0.0.1:\(port + offset + node)"
                return (try? Server(address) { _ in Response(404, "") }) != nil
            }
        }
    }

    init(nodes: Int = 1, security: String = "plaintext", acl: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let port = try #require(
            (0..<100).lazy.map { _ in Cluster.randomPort() }.first(where: Cluster.isFree)
        )
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

    /// How many messages of all partitions `group` has committed.
    func committed(by group: String) throws -> Int {
        try tool("consumer-groups", "--describe", "--group", group).split(separator: "\n")
            .filter { $0.hasPrefix(group) }
            .compactMap { Int($0.split(separator: " ").dropFirst(3).first ?? "") }
            .reduce(0, +)
    }

    private static func serve(_ folder: URL, _ options: [String]) throws -> Process {
        let server = try command(["start", folder.path] + options)
        let output = Pipe()
        server.standardOutput = output
        try server.start()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(said.hasPrefix("ready"), "the cluster did not start: \(logs(in: folder))")
        return server
    }

    /// The ends of what the nodes have logged.
    private static func logs(in folder: URL) -> String {
        (1...3).compactMap {
            let file = folder.appending(path: "node\($0).log")
            return (try? String(contentsOf: file, encoding: .utf8)).map { String($0.suffix(2_000)) }
        }
        .joined(separator: "\n")
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
