import CKafka
import Foundation

/// A member of a consumer group, to be used from one thread.
///
/// An offset is stored only when `store(_:)` says so, so what was not stored comes again.
public final class Consumer {
    let handle: OpaquePointer
    let listener: ClientListener

    /// Joins `group` and subscribes to `topics`; `observe` is called from the thread that polls.
    ///
    /// - Throws: `KafkaError` for a setting that librdkafka refuses.
    public init(
        _ configuration: Configuration,
        group: String,
        topics: [String],
        observe: @escaping @Sendable (ClientEvent) -> Void = { _ in }
    ) throws {
        listener = ClientListener(observe)
        let made = try configuration.make([
            "group.id": group,
            "enable.auto.offset.store": "false",
            "auto.commit.interval.ms": "500",
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "range",
            "allow.auto.create.topics": "false",
            // A broker answers at once when a message comes; the embedded one only after this.
            "fetch.wait.max.ms": "25",
            "queued.min.messages": "64",
            "queued.max.messages.kbytes": "16384",
            "check.crcs": "true",
            "socket.keepalive.enable": "true",
            // How soon a topic that was missing is found.
            "topic.metadata.refresh.interval.ms": "10000",
            "log_level": "3",
        ])
        listener.attach(to: made, rebalances: true)
        var message = [CChar](repeating: 0, count: 512)
        guard let handle = rd_kafka_new(RD_KAFKA_CONSUMER, made, &message, message.count) else {
            rd_kafka_conf_destroy(made)
            let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            throw KafkaError("no consumer: \(text)")
        }
        self.handle = handle
        rd_kafka_poll_set_consumer(handle)
        let list = rd_kafka_topic_partition_list_new(Int32(topics.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics {
            rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA)
        }
        let status = rd_kafka_subscribe(handle, list)
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(status, "subscribing") }
    }

    /// Leaves the group after committing what was stored. In librdkafka 2.0.2 that may never end,
    /// such as after a topic was deleted; after ten seconds it is left to a thread of its own.
    deinit {
        let (end, ended) = (End(handle: handle, listener: listener), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            end.run()
            ended.signal()
        }
        _ = ended.wait(timeout: .now() + 10)
    }

    /// What is left to do with a client that nobody uses any more.
    private struct End: @unchecked Sendable {
        let handle: OpaquePointer
        /// Is called until the end.
        let listener: ClientListener

        func run() {
            rd_kafka_consumer_close(handle)
            rd_kafka_destroy(handle)
            withExtendedLifetime(listener) {}
        }
    }

    /// The next message, or nil after `milliseconds`.
    ///
    /// - Throws: `KafkaError` for errors that do not pass by themselves.
    public func poll(milliseconds: Int) throws -> Message? {
        guard let pointer = rd_kafka_consumer_poll(handle, Int32(milliseconds)) else { return nil }
        defer { rd_kafka_message_destroy(pointer) }
        let message = pointer.pointee
        switch message.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return Message(message, pointer)
        case RD_KAFKA_RESP_ERR__PARTITION_EOF, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            if message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF {
                listener.tell(message.err, text(of: pointer), of: handle)
            }
            return nil
        default:
            listener.tell(message.err, text(of: pointer), of: handle)
            throw KafkaError(message.err, "consuming: \(text(of: pointer))")
        }
    }

    private func text(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> String {
        rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
    }

    /// Says that `message` has had its effect and need not come again.
    public func store(_ message: Message) throws {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        let entry = rd_kafka_topic_partition_list_add(list, message.topic, Int32(message.partition))
        entry?.pointee.offset = Int64(message.offset + 1)
        let status = rd_kafka_offsets_store(handle, list)
        // A partition that went to another member is that member's to read again.
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR || status == RD_KAFKA_RESP_ERR__STATE else {
            throw KafkaError(status, "storing an offset")
        }
    }

    /// Whether the group has given this member its partitions.
    public var hasAssignment: Bool { partitions > 0 }

    /// How many partitions this member has.
    public var partitions: Int {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(handle, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            return 0
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        return Int(list.pointee.cnt)
    }
}
