import Foundation
import Kafka
import LocalStack
import Testing

/// A broker for a test: librdkafka's own, or the real Apache Kafka where it is there.
final class Broker {
    let bootstrap: String
    private let embedded: EmbeddedBroker?
    private let real: (script: URL, folder: URL)?

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

    private static let hasJava = (try? shell("java", "-version")) == 0

    init(_ kind: Kind, topics: [String]) throws {
        switch kind {
        case .embedded:
            let broker = try EmbeddedBroker(topics: topics, partitions: 2)
            (embedded, real, bootstrap) = (broker, nil, broker.bootstrap)
        case .real:
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            let port = 21_000 + Int(getpid()) % 5_000
            let script = try #require(Broker.script)
            guard try shell(script.path, "start", folder.path, "--port", "\(port)") == 0 else {
                throw BrokerFailure()
            }
            (embedded, real, bootstrap) = (nil, (script, folder), "127.0.0.1:\(port)")
            try Producer(Configuration(bootstrap: bootstrap)).create(
                topics,
                partitions: 2,
                replication: 1
            )
        }
    }

    deinit {
        guard let real else { return }
        _ = try? shell(real.script.path, "stop", real.folder.path)
        try? FileManager.default.removeItem(at: real.folder)
    }
}

struct BrokerFailure: Error {}

@discardableResult
private func shell(_ words: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
}
