import Foundation
import HTTP
import Jobs
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: Cluster.isThere))
struct ClusterTests {
    @Test func `the topics are made as they are documented, once`() throws {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        let made = try fleet.palimpsest("topics")
        #expect(made.status == 0 && !made.text.contains("exists"), "\(made.text)")
        let described = try cluster.tool("topics", "--describe")
        for topic in Topics.layout {
            let line = described.split(separator: "\n").first {
                $0.hasPrefix("Topic: \(topic.name)\t")
            }
            let text = try #require(line)
            #expect(text.contains("PartitionCount: \(topic.partitions)\t"))
            #expect(text.contains("retention.ms=\(topic.retentionDays * 86_400_000)"))
        }
        #expect(try !fleet.palimpsest("topics").text.contains("created"))
    }

    /// Two members with three partitions each; what the one leaves behind when it is killed, the
    /// other takes.
    @Test(arguments: ["range", "cooperative-sticky"])
    func `two workers of one kind share a topic, and one alone takes all`(strategy: String) throws {
        let cluster = try Cluster()
        let settings = "partition.assignment.strategy=\(strategy)"
        let fleet = try Fleet(cluster.bootstrap, settings: settings)
        try fleet.palimpsest("topics")
        try fleet.start()
        try fleet.start()
        try fleet.wait(for: "three partitions each") {
            let group = try cluster.tool("consumer-groups", "--describe", "--group", "jobs-train")
            let members = group.split(separator: "\n").compactMap { line -> Substring? in
                let cells = line.split(separator: " ")
                return cells.count > 6 && cells[1] == "jobs.train.v1" ? cells[6] : nil
            }
            return Dictionary(grouping: members) { $0 }.values.map(\.count) == [3, 3] ? true : nil
        }
        let producer = try fleet.producer()
        var ids = try (0..<60).map { _ in try fleet.publish(producer) }
        try fleet.await(ids)
        let pages = try fleet.workers.map { try $0.page("/metrics").body }
        for page in pages {
            #expect(page.contains(#"jobs_ingested_total{topic="jobs.train.v1",result="accepted"}"#))
        }
        kill(fleet.workers[0].process.processIdentifier, SIGKILL)
        ids += try (0..<20).map { _ in try fleet.publish(producer) }
        try fleet.await(ids)
    }

    @Test func `a broker that restarts keeps jobs and offsets, and its worker`() throws {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        var ids = try (0..<20).map { [producer = try fleet.producer()] _ in
            try fleet.publish(producer)
        }
        try cluster.restart()
        let worker = try fleet.start()
        try fleet.await(ids)
        try fleet.wait(for: "readiness") { worker.isReady ? true : nil }
        // Offsets are committed every five seconds; what is not committed yet would come again.
        try fleet.wait(for: "committed offsets") {
            try cluster.committed(by: "jobs-train") == 20 ? true : nil
        }
        try cluster.restart()
        let producer = try fleet.producer()
        ids += try (0..<10).map { _ in try fleet.publish(producer) }
        try fleet.await(ids)
        try fleet.wait(for: "readiness") { worker.isReady ? true : nil }
        // Every message came once: what was taken before the restart did not come again.
        let page = try worker.page("/metrics").body
        #expect(page.contains(#"result="accepted"} 30"#) && !page.contains("duplicate"), "\(page)")
    }

    /// Every job that the brokers said they have is a row, once, though a leader died.
    @Test func `a leader killed amid publishing and consuming loses no job`() throws {
        let cluster = try Cluster(nodes: 3)
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        let described = try cluster.tool("topics", "--describe", "--topic", "jobs.train.v1")
        #expect(described.contains("ReplicationFactor: 3"))
        #expect(described.contains("min.insync.replicas=2"))
        let leader = try #require(described.firstMatch(of: /Partition: 0\tLeader: (\d)/))
        let node = try #require(Int(leader.1))
        try fleet.start()
        let producer = try fleet.producer()
        var ids: [UUID] = []
        for number in 0..<120 {
            if number == 40 { try cluster.kill(node: node) }
            ids.append(try fleet.publish(producer))
        }
        try fleet.await(ids, seconds: 120)
        try cluster.revive(node: node)
        try fleet.wait(90, for: "three copies of everything") {
            try cluster.tool("topics", "--describe", "--under-replicated-partitions").isEmpty
                ? true : nil
        }
    }
}
