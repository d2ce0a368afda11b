import CKafka
public import Foundation

/// Publishes messages and waits for the broker's word that each is safe.
public final class Producer {
    private let handle: OpaquePointer
    private let listener: ClientListener
    var native: OpaquePointer { handle }

    /// - Throws: `KafkaError` for a setting that librdkafka refuses.
    public init(
        _ configuration: Configuration,
        observe: @escaping @Sendable (ClientEvent) -> Void = { _ in }
    ) throws {
        listener = ClientListener(observe)
        let made = try configuration.make([
            "enable.idempotence": "true",
            "acks": "all",
            "linger.ms": "0",
            "allow.auto.create.topics": "false",
            "log_level": "3",
        ])
        listener.attach(to: made, rebalances: false)
        rd_kafka_conf_set_dr_msg_cb(made) { _, message, _ in
            guard let message, let opaque = message.pointee._private else { return }
            Unmanaged<Outcome>.fromOpaque(opaque).takeRetainedValue().status = message.pointee.err
        }
        var message = [CChar](repeating: 0, count: 512)
        guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, made, &message, message.count) else {
            rd_kafka_conf_destroy(made)
            let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            throw KafkaError("no producer: \(text)")
        }
        self.handle = handle
    }

    deinit {
        rd_kafka_flush(handle, 1_000)
        // Of what nobody took by then there is a report too, which lets its outcome go.
        rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        rd_kafka_flush(handle, 100)
        rd_kafka_destroy(handle)
    }

    /// Publishes one message and returns once the broker has it.
    ///
    /// - Throws: `KafkaError` where it has not after `seconds`, or refuses the message.
    public func send(
        to topic: String,
        key: String,
        headers: [String: String] = [:],
        value: Data,
        seconds: Double = 30
    ) throws {
        let headers = headers.map { Message.Header(name: $0.key, value: $0.value) }
        try send(to: topic, key: key, allHeaders: headers, value: value, seconds: seconds)
    }

    /// The same with headers in an order, of which two may have one name.
    public func send(
        to topic: String,
        key: String,
        allHeaders headers: [Message.Header],
        value: Data,
        seconds: Double = 30
    ) throws {
        let outcome = Outcome()
        try produce(topic, key, headers, value, outcome)
        let end = ContinuousClock.now + .seconds(seconds)
        while outcome.status == nil, ContinuousClock.now < end { rd_kafka_poll(handle, 20) }
        guard let status = outcome.status else {
            rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            rd_kafka_flush(handle, 100)
            throw KafkaError("no broker took the message for \(topic) in \(Int(seconds)) s")
        }
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(status, "publishing on \(topic)")
        }
    }

    private func produce(
        _ topic: String,
        _ key: String,
        _ headers: [Message.Header],
        _ value: Data,
        _ outcome: Outcome
    ) throws {
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            let (name, value) = (header.name, header.value)
            rd_kafka_header_add(list, name, name.utf8.count, value, value.utf8.count)
        }
        // Taken back by the delivery report, of which every message that is accepted gets one.
        let opaque = Unmanaged.passRetained(outcome)
        let status = topic.withCString { topic in
            key.withCString { key in
                value.withUnsafeBytes { bytes in
                    var fields = [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 6)
                    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC
                    fields[0].u.cstr = topic
                    fields[1].vtype = RD_KAFKA_VTYPE_KEY
                    fields[1].u.mem.ptr = UnsafeMutableRawPointer(mutating: key)
                    fields[1].u.mem.size = strlen(key)
                    fields[2].vtype = RD_KAFKA_VTYPE_VALUE
                    fields[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    fields[2].u.mem.size = bytes.count
                    fields[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS
                    fields[3].u.i = RD_KAFKA_MSG_F_COPY
                    fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE
                    fields[4].u.ptr = opaque.toOpaque()
                    fields[5].vtype = RD_KAFKA_VTYPE_HEADERS
                    fields[5].u.headers = list
                    return rd_kafka_produceva(handle, fields, 6)
                }
            }
        }
        if let status {
            defer { rd_kafka_error_destroy(status) }
            opaque.release()
            rd_kafka_headers_destroy(list)
            throw KafkaError(rd_kafka_error_code(status), "publishing")
        }
    }

    /// What one message's delivery report said, which may come after nobody waits for it any more;
    /// written and read by the thread that polls.
    private final class Outcome {
        var status: rd_kafka_resp_err_t?
    }
}
