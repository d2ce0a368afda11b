import Kafka
import Logging
import Metrics
import Synchronization

/// Counts what librdkafka tells of a client, and logs it a few times a minute at most.
final class KafkaWatch: Sendable {
    private let logger: Logger
    private let throttle = LogThrottle()
    private let state = Mutex((wasAssigned: false, hasLostTopic: false))

    /// Whether a topic went that this client had partitions of. Made anew it begins at 0, and a client
    /// that still knows its place in the old one may pass over what is before that.
    var hasLostTopic: Bool { state.withLock { $0.hasLostTopic } }

    init(_ logger: Logger) { self.logger = logger }

    func note(_ event: ClientEvent) {
        switch event {
        case .rebalance(let kind, let partitions):
            Measures.rebalances.add(kind.rawValue)
            if partitions > 0, kind == .assign { state.withLock { $0.wasAssigned = true } }
            logger.info("rebalance", ["kind": kind.rawValue, "partitions": "\(partitions)"])
        case .error(let code, let isFatal, let text):
            Measures.clientErrors.add(code, "\(isFatal)")
            if ["_UNKNOWN_PARTITION", "UNKNOWN_TOPIC_OR_PART"].contains(code) {
                state.withLock { $0.hasLostTopic = $0.wasAssigned }
            }
            guard let left = throttle.admit(code) else { return }
            var metadata = ["code": code, "fatal": "\(isFatal)", "text": text]
            if left > 0 { metadata["left_out"] = "\(left)" }
            logger.warning("Kafka", metadata)
        }
    }
}

/// Notices messages that Kafka deleted before this group had read them, and topics that were made
/// anew: in both cases the next offset is not the one that the group had stored.
struct OffsetWatch {
    private let logger: Logger
    private var next: [String: Int] = [:]

    init(_ logger: Logger) { self.logger = logger }

    /// Looks at a message as it comes; the first of a partition costs a round trip to a broker.
    mutating func look(_ message: Message, _ consumer: Consumer) {
        let place = "\(message.topic)/\(message.partition)"
        let known = next[place]
        let expected = known ?? consumer.committed(message.topic, message.partition)
        next[place] = message.offset + 1
        guard let expected, message.offset != expected else { return }
        // What comes again after a rebalance was not stored, and is nothing to worry about.
        if known != nil, message.offset < expected { return }
        let metadata = ["place": place, "expected": "\(expected)", "found": "\(message.offset)"]
        guard message.offset > expected else {
            return logger.error("the topic was made anew; it is read from its start", metadata)
        }
        Measures.missed.add(message.topic, amount: Double(message.offset - expected))
        logger.error("messages were deleted before they were read", metadata)
    }
}
