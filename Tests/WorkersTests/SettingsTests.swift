import Foundation
import Jobs
import Testing

@testable import Workers

struct SettingsTests {
    private let enough = [
        "PALIMPSEST_DATABASE": "dbname=x", "PALIMPSEST_KAFKA": "localhost:9092",
        "PALIMPSEST_STORE": "file:///store",
    ]
    private static let optional = [
        "KAFKA_CONFIG", "THREADS", "LEASE_SECONDS", "RENEW_SECONDS", "STALL_SECONDS", "DEVICE",
        "GANG_HOST", "MEMORY_MIB", "HTTP", "SIGNING_KEY",
    ].map { "PALIMPSEST_" + $0 }

    @Test func `an empty variable is not set`() throws {
        let empty = Dictionary(uniqueKeysWithValues: SettingsTests.optional.map { ($0, "") })
        let settings = try Settings(enough.merging(empty) { $1 })
        #expect(settings.lease == 60 && settings.renewal == 10 && settings.stall == 600)
        #expect(settings.offer.deviceClass == "cpu" && settings.offer.worldSize == 1)
        #expect(settings.http == nil && settings.signingKey == nil && settings.gangHost == nil)
        let error = #expect(throws: SettingsError.self) {
            try Settings(enough.mapValues { _ in "" })
        }
        for name in enough.keys { #expect(error?.description.contains(name) == true) }
    }

    @Test func `what is set is taken`() throws {
        let settings = try Settings(
            enough.merging([
                "PALIMPSEST_LEASE_SECONDS": "30", "PALIMPSEST_RENEW_SECONDS": "10",
                "PALIMPSEST_THREADS": "3", "PALIMPSEST_MEMORY_MIB": "2",
                "PALIMPSEST_DEVICE": "cuda", "PALIMPSEST_GANG_HOST": "here",
            ]) { $1 }
        )
        #expect(settings.lease == 30 && settings.renewal == 10 && settings.threads == 3)
        #expect(settings.offer.memoryBytes == 2 << 20 && settings.offer.deviceClass == "cuda")
        #expect(settings.offer.worldSize == 64 && settings.gangHost == "here")
    }

    @Test func `everything that is wrong is named at once`() throws {
        let wrong = [
            "PALIMPSEST_KAFKA_CONFIG": "/nowhere/kafka.conf", "PALIMPSEST_THREADS": "0",
            "PALIMPSEST_LEASE_SECONDS": "soon", "PALIMPSEST_RENEW_SECONDS": "21",
            "PALIMPSEST_STALL_SECONDS": "-1", "PALIMPSEST_DEVICE": "GPU 7",
            "PALIMPSEST_MEMORY_MIB": "much", "PALIMPSEST_SIGNING_KEY": "/nowhere/key.pem",
        ]
        let error = #expect(throws: SettingsError.self) { try Settings(wrong) }
        let text = error?.description ?? ""
        for name in Array(enough.keys) + wrong.keys { #expect(text.contains(name), "\(text)") }
        for value in wrong.values { #expect(text.contains(value), "\(text)") }
    }
}
