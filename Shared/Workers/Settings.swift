import Commands
import Foundation
import Jobs
import Kafka
import Proofs

/// What a worker reads from its environment, once, at the start.
struct Settings: Sendable {
    /// libpq's connection string.
    let database: String
    let kafka: Configuration
    /// The artifact store's URL.
    let store: String
    /// Threads of a child's operators.
    let threads: Int
    /// Seconds until a job is given to others unless its lease is renewed.
    let lease: Double
    /// Seconds between renewals.
    let renewal: Double
    /// Seconds without a confirmed renewal after which the child is ended, before the lease can be.
    var fence: Double { max(lease - 15, lease * 0.75) }
    /// Seconds without progress after which a child may count as stuck; 0 never.
    let stall: Double
    /// What jobs may need of this worker.
    let offer: JobOptions.Resources
    /// Under what name or address the workers of other ranks reach this one; without it this worker
    /// takes no job of several ranks.
    let gangHost: String?
    /// Where metrics and health are served, if anywhere.
    let http: String?
    /// The key that signs the log's epochs; without one this worker seals none.
    let signingKey: SigningKey?

    /// Reads the variables; an empty one is not set.
    ///
    /// - Throws: `SettingsError` naming everything that is missing or wrong at once.
    init(_ environment: [String: String]) throws {
        var variables = Variables(environment)
        database = variables.required("PALIMPSEST_DATABASE", "libpq's connection string")
        kafka = variables.kafka()
        store = variables.required("PALIMPSEST_STORE", "the artifact store, file:///a/folder")
        lease = Double(variables.number("PALIMPSEST_LEASE_SECONDS", in: 2...3600) ?? 60)
        let most = max(1, Int(lease) / 3)
        renewal =
            variables.number("PALIMPSEST_RENEW_SECONDS", in: 1...most).map(Double.init) ?? lease / 6
        stall = Double(variables.number("PALIMPSEST_STALL_SECONDS", in: 0...1_000_000) ?? 600)
        gangHost = variables.values["PALIMPSEST_GANG_HOST"]
        offer = variables.offer(worldSize: gangHost == nil ? 1 : 64)
        threads = offer.threads ?? 1
        http = variables.values["PALIMPSEST_HTTP"]
        signingKey = variables.signingKey()
        guard variables.problems.isEmpty else {
            throw SettingsError(
                description: "set these in the environment: "
                    + variables.problems.joined(separator: "; ")
            )
        }
    }
}

/// The variables that are set, and what is wrong with those that were read.
private struct Variables {
    let values: [String: String]
    private(set) var problems: [String] = []

    init(_ environment: [String: String]) { values = environment.filter { !$0.value.isEmpty } }

    mutating func required(_ name: String, _ meaning: String) -> String {
        if values[name] == nil { problems.append("\(name), \(meaning)") }
        return values[name] ?? ""
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = values[name] else { return nil }
        if let value = Int(text), range.contains(value) { return value }
        problems.append("\(name), a whole number in \(range); it is '\(text)'")
        return nil
    }

    mutating func offer(worldSize: Int) -> JobOptions.Resources {
        let machine = ProcessInfo.processInfo
        let device = values["PALIMPSEST_DEVICE"] ?? "cpu"
        if !device.isDeviceClass {
            problems.append(
                "PALIMPSEST_DEVICE, a class of devices such as cpu or cuda; it is '\(device)'"
            )
        }
        let threads = number("PALIMPSEST_THREADS", in: 1...1024)
        let memory = number("PALIMPSEST_MEMORY_MIB", in: 1...1_000_000_000)
        return JobOptions.Resources(
            deviceClass: device,
            memoryBytes: (memory ?? Int(machine.physicalMemory / (1 << 20))) << 20,
            threads: threads ?? machine.activeProcessorCount,
            worldSize: worldSize
        )
    }

    mutating func kafka() -> Configuration {
        var kafka = Configuration(
            bootstrap: required("PALIMPSEST_KAFKA", "host:port of the Kafka brokers")
        )
        read("PALIMPSEST_KAFKA_CONFIG", "librdkafka's properties") {
            try kafka.add(propertiesFile: $0)
        }
        return kafka
    }

    mutating func signingKey() -> SigningKey? {
        var key: SigningKey?
        read("PALIMPSEST_SIGNING_KEY", "an Ed25519 private key") {
            key = try SigningKey(file: $0)
        }
        return key
    }

    /// Reads the file that the variable names, where it names one.
    private mutating func read(_ name: String, _ what: String, _ body: (URL) throws -> Void) {
        guard let path = values[name] else { return }
        do { try body(URL(filePath: path)) } catch {
            problems.append("\(name), a file of \(what); \(sentence(of: error))")
        }
    }
}

/// What a worker's environment lacks.
struct SettingsError: Error, CustomStringConvertible {
    let description: String
}
