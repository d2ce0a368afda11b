import CKafka

/// What librdkafka reports, with what to do where that is known.
public struct KafkaError: Error, CustomStringConvertible {
    public let code: Int
    public let description: String

    init(_ code: rd_kafka_resp_err_t, _ context: String) {
        self.code = Int(code.rawValue)
        let text = String(cString: rd_kafka_err2str(code))
        description = "Kafka: \(context): \(text)"
    }

    init(_ description: String) {
        code = -1
        self.description = "Kafka: " + description
    }
}
