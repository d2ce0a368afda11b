import CKafka
import Foundation

/// A topic to be created.
public struct NewTopic: Sendable {
    let name: String
    let partitions: Int
    /// Such as `retention.ms`, under Kafka's names.
    let settings: [String: String]

    public init(_ name: String, partitions: Int, settings: [String: String] = [:]) {
        (self.name, self.partitions, self.settings) = (name, partitions, settings)
    }
}

extension Producer {
    /// The topics that the brokers know.
    ///
    /// - Throws: `KafkaError` where no broker answers within `seconds`.
    public func topics(seconds: Double = 10) throws -> Set<String> {
        try metadata(seconds) { metadata in
            let found = UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt))
            return Set(found.map { String(cString: $0.topic) })
        }
    }

    /// How many brokers there are.
    ///
    /// - Throws: `KafkaError` where none answers within `seconds`.
    public func brokers(seconds: Double = 10) throws -> Int {
        try metadata(seconds) { Int($0.broker_cnt) }
    }

    private func metadata<Result>(
        _ seconds: Double,
        _ read: (rd_kafka_metadata) -> Result
    ) throws -> Result {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let status = rd_kafka_metadata(native, 1, nil, &metadata, Int32(seconds * 1_000))
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw KafkaError(status, "asking the brokers for their topics")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        return read(metadata.pointee)
    }

    /// Creates the topics that do not exist yet, and leaves the others as they are.
    ///
    /// - Returns: the names of those it created.
    /// - Throws: `KafkaError` naming the topic that the brokers refuse.
    @discardableResult
    public func create(_ topics: [NewTopic], replication: Int) throws -> [String] {
        let known = try self.topics()
        let missing = topics.filter { !known.contains($0.name) }
        guard !missing.isEmpty else { return [] }
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in missing { requests.append(try topic.request(replication: replication)) }
        try create(requests)
        try wait(for: Set(missing.map(\.name)))
        return missing.map(\.name)
    }

    /// A controller says that a topic is there before every broker knows it.
    private func wait(for names: Set<String>) throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if try topics().isSuperset(of: names) { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw KafkaError("the brokers do not know all new topics after 30 s")
    }

    private func create(_ requests: [OpaquePointer?]) throws {
        var requests = requests
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
            guard fine.contains(code) else {
                let name = rd_kafka_topic_result_name(topics?[index])
                throw KafkaError(code, "creating \(name.map { String(cString: $0) } ?? "a topic")")
            }
        }
    }
}

extension NewTopic {
    /// librdkafka's request; the caller owns it.
    fileprivate func request(replication: Int) throws -> OpaquePointer {
        var message = [CChar](repeating: 0, count: 512)
        guard
            let request = rd_kafka_NewTopic_new(
                name,
                Int32(partitions),
                Int32(replication),
                &message,
                message.count
            )
        else {
            let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            throw KafkaError("the topic \(name): \(text)")
        }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            rd_kafka_NewTopic_set_config(request, name, value)
        }
        return request
    }
}
