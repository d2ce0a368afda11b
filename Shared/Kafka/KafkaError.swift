import CKafka

/// What librdkafka reports, with what to do where that is known.
public struct KafkaError: Error, CustomStringConvertible {
    public let code: Int
    public let description: String

    /// Whether the broker will refuse this message however often it is sent.
    public var isAboutMessage: Bool {
        [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE].contains {
            Int($0.rawValue) == code
        }
    }

    /// Whether the client will never work again.
    public var isFatal: Bool { Int(RD_KAFKA_RESP_ERR__FATAL.rawValue) == code }

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
