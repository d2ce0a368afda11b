import CKafka
import Synchronization

/// What librdkafka tells of a client besides messages.
public enum ClientEvent: Sendable {
    public enum Rebalance: String, Sendable {
        case assign, revoke
        /// Partitions went to others before this member had given them back.
        case lost
    }

    /// The group gave this member `partitions` partitions, or took them.
    case rebalance(Rebalance, partitions: Int)
    /// Something failed; what is not fatal librdkafka tries again by itself. The `code` is one of
    /// librdkafka's names, such as `_TRANSPORT`.
    case error(code: String, isFatal: Bool, text: String)
}

/// Where the callbacks of one client find their way back to Swift; it lives longer than the client.
final class ClientListener: Sendable {
    private let observe: @Sendable (ClientEvent) -> Void
    /// Whether partitions that come are to be paused at once.
    let isPaused = Atomic(false)

    init(_ observe: @escaping @Sendable (ClientEvent) -> Void) { self.observe = observe }

    func tell(_ event: ClientEvent) { observe(event) }

    /// Tells of an error, which may stand for a fatal one behind it.
    func tell(_ code: rd_kafka_resp_err_t, _ text: String, of client: OpaquePointer?) {
        var message = [CChar](repeating: 0, count: 512)
        let fatal = rd_kafka_fatal_error(client, &message, message.count)
        let isFatal = code == RD_KAFKA_RESP_ERR__FATAL
        observe(
            .error(
                code: String(cString: rd_kafka_err2name(isFatal ? fatal : code)),
                isFatal: isFatal,
                text: text
            )
        )
    }

    /// Sends errors, logs and, for a consumer, rebalances of the client that `configuration` makes
    /// this way.
    func attach(to configuration: OpaquePointer?, rebalances: Bool) {
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(configuration) { _, _, facility, text in
            ClientLog.shared.write(
                facility.map { String(cString: $0) } ?? "",
                text.map { String(cString: $0) } ?? ""
            )
        }
        rd_kafka_conf_set_error_cb(configuration) { client, code, reason, opaque in
            let code = rd_kafka_resp_err_t(code)
            listener(opaque)?.tell(code, reason.map { String(cString: $0) } ?? "", of: client)
        }
        guard rebalances else { return }
        rd_kafka_conf_set_rebalance_cb(configuration) { client, code, partitions, opaque in
            guard let client, let listener = listener(opaque) else { return }
            listener.rebalance(client, code, partitions)
        }
    }

    /// Takes or gives up the partitions, as the group's protocol wants it.
    private func rebalance(
        _ client: OpaquePointer,
        _ code: rd_kafka_resp_err_t,
        _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        let isCooperative =
            rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
        let count = Int(partitions?.pointee.cnt ?? 0)
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if isCooperative {
                destroy(rd_kafka_incremental_assign(client, partitions))
            } else {
                rd_kafka_assign(client, partitions)
            }
            if isPaused.load(ordering: .acquiring), count > 0 {
                rd_kafka_pause_partitions(client, partitions)
            }
            observe(.rebalance(.assign, partitions: count))
        } else {
            let isLost = rd_kafka_assignment_lost(client) == 1
            if isCooperative {
                destroy(rd_kafka_incremental_unassign(client, partitions))
            } else {
                rd_kafka_assign(client, nil)
            }
            observe(.rebalance(isLost ? .lost : .revoke, partitions: count))
        }
    }

    private func destroy(_ error: OpaquePointer?) {
        if let error { rd_kafka_error_destroy(error) }
    }
}

private func listener(_ opaque: UnsafeMutableRawPointer?) -> ClientListener? {
    opaque.map { Unmanaged<ClientListener>.fromOpaque($0).takeUnretainedValue() }
}
