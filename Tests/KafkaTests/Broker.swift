import Foundation
import Kafka
import LocalStack
import TestSupport

/// A broker for a test: librdkafka's own, or the real Apache Kafka where it is there.
final class Broker {
    let bootstrap: String
    private let keeper: AnyObject

    enum Kind: String, CaseIterable, CustomStringConvertible {
        case embedded = "librdkafka's mock cluster"
        case real = "Apache Kafka"
        var description: String { rawValue }
    }

    /// The kinds that this machine has.
    static let available: [Kind] = Cluster.isThere ? [.embedded, .real] : [.embedded]

    init(_ kind: Kind, topics: [String]) throws {
        switch kind {
        case .embedded:
            let broker = try EmbeddedBroker(topics: topics, partitions: 2)
            (keeper, bootstrap) = (broker, broker.bootstrap)
        case .real:
            let cluster = try Cluster()
            (keeper, bootstrap) = (cluster, try cluster.bootstrap)
            try Producer(Configuration(bootstrap: bootstrap)).create(
                topics.map { NewTopic($0, partitions: 2) },
                replication: 1
            )
        }
    }
}
