import CKafka
import Foundation

extension Producer {
    /// The topics that the brokers know.
    ///
    /// - Throws: `KafkaError` where no broker answers within `seconds`.
    public func topics(seconds: Double = 10) throws -> Set<String> {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let status = rd_kafka_metadata(native, 1, nil, &metadata, Int32(seconds * 1_000))
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw KafkaError(status, "asking the brokers for their topics")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        let found = UnsafeBufferPointer(
            start: metadata.pointee.topics,
            count: Int(metadata.pointee.topic_cnt)
        )
        return Set(found.map { String(cString: $0.topic) })
    }

    /// Creates the topics that do not exist yet.
    ///
    /// - Throws: `KafkaError` naming the topic that the brokers refuse.
    public func create(_ names: [String], partitions: Int, replication: Int) throws {
        let missing = try Set(names).subtracting(topics()).sorted()
        guard !missing.isEmpty else { return }
        var requests: [OpaquePointer?] = missing.map {
            rd_kafka_NewTopic_new($0, Int32(partitions), Int32(replication), nil, 0)
        }
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        let queue = rd_kafka_queue_new(native)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_CreateTopics(native, &requests, requests.count, nil, queue)
        guard let event = rd_kafka_queue_poll(queue, 30_000) else {
            throw KafkaError("the brokers did not answer about new topics in 30 s")
        }
        defer { rd_kafka_event_destroy(event) }
        guard let result = rd_kafka_event_CreateTopics_result(event) else {
            throw KafkaError(rd_kafka_event_error(event), "creating topics")
        }
        var count = 0
        let topics = rd_kafka_CreateTopics_result_topics(result, &count)
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(topics?[index])
            let fine = [RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS]
            guard fine.contains(code) else { throw KafkaError(code, "creating \(missing[index])") }
        }
    }
}
