public import Foundation
import HTTP
import Lifecycle

/// Why there is no cluster.
public struct ClusterFailure: Error, CustomStringConvertible {
    public let description: String
}

extension Cluster {
    /// Whether this machine has Java, and `broker.py`; says aloud where it has not, since the tests
    /// that need a cluster are then skipped.
    public static let isThere: Bool = {
        let hasJava = FileManager.default.isExecutableFile(atPath: "/usr/bin/java")
        let there = script != nil && hasJava
        print(
            there
                ? "tests run against Apache Kafka"
                : "tests of Apache Kafka are skipped: they need Java, and Kafka at KAFKA_HOME or in "
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

    static func newPath() -> URL {
        FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    }

    /// A port with nobody where a cluster of up to four nodes listens: there, a thousand and two
    /// thousand above; all below the ports that the kernel gives to clients.
    static func freePort() throws -> Int {
        let ports = (0..<100).lazy.map { _ in Int.random(in: 2_500...7_000) * 4 }
        let free = ports.first { port in
            [0, 1_000, 2_000].allSatisfy { offset in
                (0..<4).allSatisfy { node in
                    let address = "127.0.0.1:\(port + offset + node)"
                    return (try? Server(address) { _ in Response(404, "") }) != nil
                }
            }
        }
        guard let free else { throw ClusterFailure(description: "no twelve ports are free") }
        return free
    }

    /// Starts the nodes and waits for the line that says they are ready.
    static func serve(_ folder: URL, _ options: [String]) throws -> Process {
        let server = try command(["start", folder.path] + options)
        let (output, errors) = (Pipe(), newPath())
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        server.standardOutput = output
        server.standardError = try FileHandle(forWritingTo: errors)
        try server.start()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said.hasPrefix("ready") else {
            server.terminate()
            server.waitUntilExit()
            let logs = (1...4).map { folder.appending(path: "node\($0).log") }
            let ends = ([errors] + logs)
                .compactMap { try? String(contentsOf: $0, encoding: .utf8).suffix(2_000) }
            let told = ends.joined(separator: "\n")
            throw ClusterFailure(description: "the cluster did not start: \(told)")
        }
        return server
    }

    /// `broker.py` with `arguments`, to be started.
    public static func command(_ arguments: [String]) throws -> Process {
        guard let script else { throw ClusterFailure(description: "there is no broker.py") }
        let process = Process()
        process.executableURL = script
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
