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

    /// - Throws: `SettingsError` naming everything that is missing or wrong at once.
    init(_ environment: [String: String]) throws {
        var problems: [String] = []
        func required(_ name: String, _ meaning: String) -> String {
            if environment[name] == nil { problems.append("\(name), \(meaning)") }
            return environment[name] ?? ""
        }
        database = required("PALIMPSEST_DATABASE", "libpq's connection string")
        let bootstrap = required("PALIMPSEST_KAFKA", "host:port of the Kafka brokers")
        store = required("PALIMPSEST_STORE", "the artifact store, file:///a/folder")
        let number = { (name: String, fallback: Int, range: ClosedRange<Int>) -> Int in
            guard let text = environment[name] else { return fallback }
            if let value = Int(text), range.contains(value) { return value }
            problems.append("\(name), a whole number in \(range); it is '\(text)'")
            return fallback
        }
        threads = number(
            "PALIMPSEST_THREADS",
            ProcessInfo.processInfo.activeProcessorCount,
            1...1024
        )
        lease = Double(number("PALIMPSEST_LEASE_SECONDS", 60, 2...3600))
        let most = Int(lease) / 3
        renewal =
            environment["PALIMPSEST_RENEW_SECONDS"] == nil
            ? lease / 6
            : Double(number("PALIMPSEST_RENEW_SECONDS", 1, 1...max(1, most)))
        stall = Double(number("PALIMPSEST_STALL_SECONDS", 600, 0...1_000_000))
        let device = environment["PALIMPSEST_DEVICE"] ?? "cpu"
        if !device.isDeviceClass {
            problems.append("PALIMPSEST_DEVICE, a class of devices such as cpu or cuda")
        }
        let memory = Int(ProcessInfo.processInfo.physicalMemory / (1 << 20))
        gangHost = environment["PALIMPSEST_GANG_HOST"].flatMap { $0.isEmpty ? nil : $0 }
        offer = JobOptions.Resources(
            deviceClass: device,
            memoryBytes: number("PALIMPSEST_MEMORY_MIB", memory, 1...1_000_000_000) << 20,
            threads: threads,
            worldSize: gangHost == nil ? 1 : 64
        )
        http = environment["PALIMPSEST_HTTP"].flatMap { $0.isEmpty ? nil : $0 }
        signingKey = try environment["PALIMPSEST_SIGNING_KEY"].flatMap { $0.isEmpty ? nil : $0 }
            .map { try SigningKey(file: URL(filePath: $0)) }
        guard problems.isEmpty else {
            throw SettingsError(
                description: "set these in the environment: " + problems.joined(separator: "; ")
            )
        }
        var kafka = Configuration(bootstrap: bootstrap)
        if let file = environment["PALIMPSEST_KAFKA_CONFIG"] {
            try kafka.add(propertiesFile: URL(filePath: file))
        }
        self.kafka = kafka
    }
}

/// What a worker's environment lacks.
struct SettingsError: Error, CustomStringConvertible {
    let description: String
}
