import CKafka
public import Jobs

/// A Kafka broker inside this process: librdkafka's mock cluster, on loopback, with our topics.
///
/// It speaks the real protocol to clients of any process, keeps messages in memory alone, and ends
/// with its owner.
public final class EmbeddedBroker {
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// `127.0.0.1:port`.
    public let bootstrap: String

    /// - Throws: `LocalStackError` where librdkafka starts no cluster.
    public init(topics: [String] = Topics.all, partitions: Int = 4) throws {
        var message = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "log_level", "3", nil, 0)
        guard
            let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &message, message.count),
            let cluster = rd_kafka_mock_cluster_new(client, 1),
            let bootstrap = rd_kafka_mock_cluster_bootstraps(cluster)
        else { throw LocalStackError("librdkafka starts no embedded broker") }
        (self.client, self.cluster) = (client, cluster)
        self.bootstrap = String(cString: bootstrap)
        for topic in topics {
            let status = rd_kafka_mock_topic_create(cluster, topic, Int32(partitions), 1)
            guard status == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw LocalStackError("the embedded broker refuses the topic \(topic)")
            }
        }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }
}

/// Why a part of the local stack did not start.
public struct LocalStackError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
