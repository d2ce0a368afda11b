import CKafka

extension Consumer {
    /// How many messages of one partition this member has still to read.
    public struct Lag: Sendable {
        public let topic: String
        public let partition: Int
        public let messages: Int
    }

    /// Whether the group has taken this member in; where there are more members than partitions, it
    /// may have none and still be well.
    public var hasJoined: Bool {
        guard let identifier = rd_kafka_memberid(handle) else { return false }
        defer { rd_kafka_mem_free(handle, identifier) }
        return identifier.pointee != 0
    }

    /// Whether a broker answers within `milliseconds`.
    public func brokerAnswers(milliseconds: Int) -> Bool {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let status = rd_kafka_metadata(handle, 0, nil, &metadata, Int32(milliseconds))
        if let metadata { rd_kafka_metadata_destroy(metadata) }
        return status == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// How far this member is behind in each partition that it has read from, as of its last fetch.
    public var lag: [Lag] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(handle, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            return []
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_position(handle, list)
        return (0..<Int(list.pointee.cnt)).compactMap { index in
            let entry = list.pointee.elems[index]
            var (low, high): (Int64, Int64) = (0, 0)
            let status = rd_kafka_get_watermark_offsets(
                handle,
                entry.topic,
                entry.partition,
                &low,
                &high
            )
            guard status == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0, entry.offset >= 0 else {
                return nil
            }
            return Lag(
                topic: String(cString: entry.topic),
                partition: Int(entry.partition),
                messages: max(0, Int(high - entry.offset))
            )
        }
    }

    /// The offset from which the group has still to read a partition; nil where it has none, or no
    /// broker says so within `milliseconds`.
    public func committed(_ topic: String, _ partition: Int, milliseconds: Int = 5_000) -> Int? {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        let entry = rd_kafka_topic_partition_list_add(list, topic, Int32(partition))
        let status = rd_kafka_committed(handle, list, Int32(milliseconds))
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR, let offset = entry?.pointee.offset, offset >= 0
        else { return nil }
        return Int(offset)
    }
}
