import CKafka
public import Foundation

/// librdkafka's settings, under its own names.
public struct Configuration: Sendable {
    public private(set) var values: [String: String]

    /// librdkafka's, as three numbers.
    public static var libraryVersion: (Int, Int, Int) {
        let packed = Int(rd_kafka_version())
        return (packed >> 24, packed >> 16 & 255, packed >> 8 & 255)
    }

    /// - Parameters:
    ///   - bootstrap: `host:port` of some brokers, separated by commas.
    ///   - values: settings that come before the defaults of consumer and producer.
    public init(bootstrap: String, _ values: [String: String] = [:]) {
        self.values = values
        self.values["bootstrap.servers"] = bootstrap
    }

    /// Adds the `name=value` lines of a properties file; `#` begins a comment.
    ///
    /// - Throws: `KafkaError` naming the line that is neither, and for SCRAM with a librdkafka that
    ///   cannot do it; never with a value, which may be a secret.
    public mutating func add(propertiesFile url: URL) throws {
        let text = try String(contentsOf: url, encoding: .utf8)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw KafkaError("\(url.path) line \(number + 1) is not name=value")
            }
            let name = line[..<equals].trimmingCharacters(in: .whitespaces)
            values[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        }
        try requireWorkingMechanism()
    }

    /// librdkafka before 2.6.1 repeats the client's nonce, which Kafka 4 refuses (RFC 5802).
    private func requireWorkingMechanism() throws {
        let mechanism = values["sasl.mechanism"] ?? values["sasl.mechanisms"] ?? ""
        if mechanism.uppercased().hasPrefix("SCRAM"), Configuration.libraryVersion < (2, 6, 1) {
            throw KafkaError(
                "\(mechanism) fails with Kafka 4 in librdkafka \(String(cString: rd_kafka_version_str())), "
                    + "before 2.6.1; use mTLS or SASL/PLAIN over TLS"
            )
        }
    }

    /// A librdkafka configuration with `defaults` below the settings; the caller owns it.
    func make(_ defaults: [String: String]) throws -> OpaquePointer? {
        try requireWorkingMechanism()
        let configuration = rd_kafka_conf_new()
        var message = [CChar](repeating: 0, count: 512)
        for (name, value) in defaults.merging(values, uniquingKeysWith: { _, own in own }) {
            guard
                rd_kafka_conf_set(configuration, name, value, &message, message.count)
                    == RD_KAFKA_CONF_OK
            else {
                rd_kafka_conf_destroy(configuration)
                let text = String(
                    decoding: message.prefix { $0 != 0 }.map(UInt8.init),
                    as: UTF8.self
                )
                // What librdkafka says may hold the value too.
                throw KafkaError(
                    Configuration.isSecret(name)
                        ? "the setting \(name) is refused; its value is not shown"
                        : "the setting \(name) cannot be '\(value)': \(text)"
                )
            }
        }
        return configuration
    }

    private static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key.pem", "jaas", "oauthbearer.config"].contains {
            name.contains($0)
        }
    }
}
