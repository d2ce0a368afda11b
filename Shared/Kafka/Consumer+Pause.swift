import CKafka
import Synchronization

extension Consumer {
    /// Asks for no new message of the partitions that this member has, and of those that it gets
    /// until `resume()`. librdkafka forgets the pause where a partition comes back, so this may be
    /// repeated while the pause lasts.
    ///
    /// - Throws: `KafkaError` where librdkafka refuses.
    public func pause() throws {
        listener.isPaused.store(true, ordering: .releasing)
        try withAssignment("pausing") { rd_kafka_pause_partitions($0, $1) }
    }

    /// Ends the pause.
    public func resume() throws {
        listener.isPaused.store(false, ordering: .releasing)
        try withAssignment("resuming") { rd_kafka_resume_partitions($0, $1) }
    }

    private func withAssignment(
        _ doing: String,
        _ body: (
            OpaquePointer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
        ) -> rd_kafka_resp_err_t
    ) throws {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(handle, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            return
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        guard list.pointee.cnt > 0 else { return }
        let status = body(handle, list)
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(status, doing) }
    }
}
