import Commands
import Foundation
import Kafka
import Postgres
import Records
import Store

/// The variable `name`; an empty one is not set.
func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

/// What Postgres refused, in a sentence without its name and codes: a value that an argument cannot
/// have (PL080) is a wrong call, anything else a failure.
@Sendable func explained(_ error: any Error) -> any Error {
    guard let error = error as? PostgresError, error.isRefusal else { return error }
    let text = error.message + (error.hint.map { "; " + $0 } ?? "")
    return error.sqlState == "PL080" ? UsageError(text) : Failure(text)
}

/// Where the stack is: from the environment, else from what `palimpsest up` wrote. A command asks for
/// the parts that it needs, so that an auditor needs no broker.
struct Connections: Codable {
    private var values: [String: String]
    /// Why what `up` wrote cannot be read.
    private var damage: String?

    private enum CodingKeys: CodingKey { case values }

    /// The folder of a stack started by `up`.
    static let home = URL(filePath: FileManager.default.currentDirectoryPath)
        .appending(path: ".palimpsest", directoryHint: .isDirectory)
    static let file = home.appending(path: "connection.json")
    /// The key that signs what this stack proves.
    static let signingKey = home.appending(path: "signing-key.pem")

    private static let names = ["PALIMPSEST_DATABASE", "PALIMPSEST_KAFKA", "PALIMPSEST_STORE"]

    init(database: String? = nil, kafka: String? = nil, store: String? = nil) {
        values = [:]
        for (name, value) in zip(Connections.names, [database, kafka, store]) {
            values[name] = value
        }
    }

    static func find() -> Connections {
        var connections = saved()
        for name in names {
            if let value = setting(name) { connections.values[name] = value }
        }
        return connections
    }

    /// What `up` wrote, if anything. Only who needs something of a damaged file hears of it.
    private static func saved() -> Connections {
        guard FileManager.default.fileExists(atPath: file.path) else { return Connections() }
        do {
            return try JSONDecoder().decode(Connections.self, from: Data(contentsOf: file))
        } catch {
            var none = Connections()
            let reason = error is DecodingError ? "it is no such file" : sentence(of: error)
            none.damage = "\(file.path) does not say where the stack is: \(reason)"
            return none
        }
    }

    var database: String { get throws { try value("PALIMPSEST_DATABASE") } }
    var kafka: String { get throws { try value("PALIMPSEST_KAFKA") } }
    var store: String { get throws { try value("PALIMPSEST_STORE") } }

    private func value(_ name: String) throws -> String {
        guard let value = values[name] else {
            if let damage { throw Failure("\(name) is not set, and \(damage)") }
            throw UsageError(
                "\(name) is not set, and no stack is known: start one with `palimpsest up` in this "
                    + "folder, or set it"
            )
        }
        return value
    }

    func openDatabase() throws -> Connection { try Connection(database) }
    func openStore() throws -> ArtifactStore { try ArtifactStore(url: store) }

    /// The store that is there; none is made, and nothing in it is changed.
    ///
    /// - Throws: `UsageError` naming the variable and the folder.
    func existingStore() throws -> ArtifactStore {
        do { return try ArtifactStore(existing: store) } catch let error as StoreError {
            throw UsageError("PALIMPSEST_STORE is '\(try store)': \(error)")
        }
    }

    func openKafka() throws -> Configuration {
        var configuration = Configuration(bootstrap: try kafka)
        if let file = setting("PALIMPSEST_KAFKA_CONFIG") {
            try configuration.add(propertiesFile: URL(filePath: file))
        }
        return configuration
    }

    /// The environment that workers read.
    func environment(threads: Int?) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.merging(values) { $1 }
        if let threads { environment["PALIMPSEST_THREADS"] = String(threads) }
        return environment
    }
}
