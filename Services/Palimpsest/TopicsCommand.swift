import Commands
import Foundation
import Jobs
import Kafka

let topicsCommand = Command(
    "topics",
    summary: "Creates the topics that do not exist yet.",
    options: [
        Option("partitions", "N", help: "of each topic; 6 for jobs and events, else 3 by default"),
        Option("replication", "N", help: "copies of each partition; 3, or as many as brokers"),
    ]
) { invocation in
    guard let bootstrap = setting("PALIMPSEST_KAFKA") else {
        throw UsageError("set PALIMPSEST_KAFKA to host:port of the brokers")
    }
    let connections = Connections(kafka: bootstrap)
    let created = try createTopics(
        connections,
        partitions: invocation.integer("partitions", in: 1...100_000),
        replication: invocation.integer("replication", in: 1...100)
    )
    for name in Topics.all {
        print(created.contains(name) ? "created  \(name)" : "exists   \(name)")
    }
}

/// Creates the topics that `connections` lacks, as job-queue.md lays them out: kept for a time that
/// is long enough for people, and where there are three copies, safe once two have a message.
///
/// - Returns: the names of those it created.
func createTopics(
    _ connections: Connections,
    partitions: Int? = nil,
    replication: Int? = nil
) throws -> [String] {
    let producer = try Producer(connections.openKafka())
    let copies = try replication ?? min(3, max(1, producer.brokers()))
    let topics = Topics.layout.map { topic in
        var settings = [
            "cleanup.policy": "delete", "retention.ms": String(topic.retentionDays * 86_400_000),
        ]
        if copies >= 3 { settings["min.insync.replicas"] = "2" }
        return NewTopic(topic.name, partitions: partitions ?? topic.partitions, settings: settings)
    }
    return try producer.create(topics, replication: copies)
}
