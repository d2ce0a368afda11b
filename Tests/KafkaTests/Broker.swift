import Foundation
import Kafka
import Lifecycle
import LocalStack
import Testing

/// A broker for a test: librdkafka's own, or the real Apache Kafka where it is there.
final class Broker {
    let bootstrap: String
    private let embedded: EmbeddedBroker?
    private let real: (server: Process, folder: URL)?

    enum Kind: String, CaseIterable, CustomStringConvertible {
        case embedded = "librdkafka's mock cluster"
        case real = "Apache Kafka"
        var description: String { rawValue }
    }

    /// The kinds that this machine has; says aloud which.
    static let available: [Kind] = {
        let kinds: [Kind] = script == nil || !hasJava ? [.embedded] : [.embedded, .real]
        print("Kafka tests run against \(kinds.map(\.rawValue).joined(separator: " and "))")
        return kinds
    }()

    /// `broker.py` of `KAFKA_HOME`, else of the folder `shared/kafka` beside the repository.
    private static let script: URL? = {
        let beside = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared/kafka").standardized
        let home = ProcessInfo.processInfo.environment["KAFKA_HOME"].map { URL(filePath: $0) }
        let script = (home ?? beside).appending(path: "broker.py")
        return FileManager.default.fileExists(atPath: script.path) ? script : nil
    }()

    private static let hasJava: Bool = {
        let java = Process()
        java.executableURL = URL(filePath: "/usr/bin/env")
        java.arguments = ["java", "-version"]
        java.standardError = FileHandle.nullDevice
        guard (try? java.run()) != nil else { return false }
        java.waitUntilExit()
        return java.terminationStatus == 0
    }()

    init(_ kind: Kind, topics: [String]) throws {
        switch kind {
        case .embedded:
            let broker = try EmbeddedBroker(topics: topics, partitions: 2)
            (embedded, real, bootstrap) = (broker, nil, broker.bootstrap)
        case .real:
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            let port = 21_000 + Int(getpid()) % 5_000
            let server = try Broker.serve(in: folder, port: port)
            (embedded, real, bootstrap) = (nil, (server, folder), "127.0.0.1:\(port)")
            try Producer(Configuration(bootstrap: bootstrap)).create(
                topics.map { NewTopic($0, partitions: 2) },
                replication: 1
            )
        }
    }

    /// Starts Apache Kafka and waits for the line that says it is ready; it ends with the process
    /// that is returned.
    private static func serve(in folder: URL, port: Int) throws -> Process {
        let server = Process()
        server.executableURL = script
        server.arguments = ["start", folder.path, "--port", "\(port)"]
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.start()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said.hasPrefix("ready") else {
            server.terminate()
            throw BrokerFailure()
        }
        return server
    }

    deinit {
        guard let real else { return }
        real.server.terminate()
        real.server.waitUntilExit()
        try? FileManager.default.removeItem(at: real.folder)
    }
}

struct BrokerFailure: Error {}
