import Commands
import Foundation
import Kafka
import Postgres
import Store

/// Where the stack is: from the environment, else from what `palimpsest up` wrote.
struct Connections: Codable {
    var database: String
    var kafka: String
    var store: String

    /// The folder of a stack started by `up`.
    static let home = URL(filePath: FileManager.default.currentDirectoryPath)
        .appending(path: ".palimpsest", directoryHint: .isDirectory)
    static let file = home.appending(path: "connection.json")
    /// The key that signs what this stack proves.
    static let signingKey = home.appending(path: "signing-key.pem")

    /// - Throws: `UsageError` saying how to name or start a stack.
    static func find() throws -> Connections {
        let environment = ProcessInfo.processInfo.environment
        let saved = (try? Data(contentsOf: file)).flatMap {
            try? JSONDecoder().decode(Connections.self, from: $0)
        }
        guard
            let database = environment["PALIMPSEST_DATABASE"] ?? saved?.database,
            let kafka = environment["PALIMPSEST_KAFKA"] ?? saved?.kafka,
            let store = environment["PALIMPSEST_STORE"] ?? saved?.store
        else {
            throw UsageError(
                "no stack is known: start one with `palimpsest up` in this folder, or set "
                    + "PALIMPSEST_DATABASE, PALIMPSEST_KAFKA and PALIMPSEST_STORE"
            )
        }
        return Connections(database: database, kafka: kafka, store: store)
    }

    func openDatabase() throws -> Connection { try Connection(database) }
    func openStore() throws -> ArtifactStore { try ArtifactStore(url: store) }

    func openKafka() throws -> Configuration {
        var configuration = Configuration(bootstrap: kafka)
        if let file = ProcessInfo.processInfo.environment["PALIMPSEST_KAFKA_CONFIG"] {
            try configuration.add(propertiesFile: URL(filePath: file))
        }
        return configuration
    }

    /// The environment that workers read.
    func environment(threads: Int?) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["PALIMPSEST_DATABASE"] = database
        environment["PALIMPSEST_KAFKA"] = kafka
        environment["PALIMPSEST_STORE"] = store
        if let threads { environment["PALIMPSEST_THREADS"] = String(threads) }
        return environment
    }
}
