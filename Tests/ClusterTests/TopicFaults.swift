import Foundation
import HTTP
import Jobs
import Kafka
import Postgres
import Records
import TestSupport
import Testing

/// Topics that lose messages, are missing, or are made anew.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: Cluster.isThere))
struct TopicFaults {
    /// The messages of the first half were read, those of the second are deleted unread.
    @Test func `fault 15: what retention took is counted and told, and the rest is read`() throws {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        let producer = try fleet.producer()
        let first = try fleet.start()
        var ids = try (0..<12).map { _ in try fleet.publish(producer) }
        try fleet.await(ids)
        first.process.terminate()
        first.process.waitUntilExit()
        for _ in 0..<12 { _ = try fleet.publish(producer) }
        let partitions = (0..<6).map {
            #"{"topic": "jobs.train.v1", "partition": \#($0), "offset": -1}"#
        }
        let plan = cluster.folder.appending(path: "delete.json")
        try Data(
            #"{"version": 1, "partitions": [\#(partitions.joined(separator: ","))]}"#.utf8
        ).write(to: plan)
        try cluster.tool("delete-records", "--offset-json-file", plan.path)
        ids += try (0..<12).map { _ in try fleet.publish(producer) }
        let second = try fleet.start()
        try fleet.await(ids)
        let told = "messages were deleted before they were read"
        try fleet.wait(for: "the alarm") { second.logged.contains(told) ? true : nil }
        let page = try second.page("/metrics").body
        let line = try #require(
            page.split(separator: "\n").first { $0.hasPrefix("kafka_messages_missed_total{") }
        )
        #expect(try #require(Int(line.split(separator: " ")[1])) > 0)
        #expect(second.process.isRunning)
    }

    @Test func `fault 16: a worker whose topics are missing waits, says so, and begins with them`()
        throws
    {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        let worker = try fleet.start()
        try fleet.wait(for: "the reason") { () -> Bool? in
            worker.logged.contains("UNKNOWN_TOPIC_OR_PART") ? true : nil
        }
        let page = try worker.page("/readyz")
        #expect(page.status == 503 && page.body.contains("Kafka"), "\(page.body)")
        #expect(worker.process.isRunning)
        try fleet.palimpsest("topics")
        let id = try fleet.publish(fleet.producer())
        try fleet.await([id])
        try fleet.wait(for: "readiness") { worker.isReady ? true : nil }
    }

    @Test func `faults 17 and 20: a topic made anew begins at 0, with new jobs and none twice`()
        throws
    {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        let worker = try fleet.start()
        let producer = try fleet.producer()
        let before = try (0..<12).map { _ in try fleet.publish(producer) }
        try fleet.await(before)
        try cluster.tool("topics", "--delete", "--topic", "jobs.train.v1")
        try fleet.wait(for: "the topic's end") {
            try cluster.tool("topics", "--list").contains("jobs.train.v1") ? nil : true
        }
        try fleet.palimpsest("topics")
        let anew = try fleet.producer()
        let after = try (0..<6).map { _ in try fleet.publish(anew) }
        // The same message as one that was taken from the old topic is the same job.
        let body = """
            {"job_id": "\(before[0].uuidString)", "spec": {"method": "classifier"}, "max_attempts": 1,
            "inputs": {"dataset": "nowhere"}}
            """
        try anew.send(to: JobKind.train.topic, key: "again", value: Data(body.utf8))
        try fleet.await(before + after, seconds: 90)
        try fleet.wait(90, for: "the old message") {
            try worker.page("/metrics").body.contains(#"result="duplicate"} 1"#) ? true : nil
        }
        // The first consumer's end hangs in librdkafka 2.0.2, and the worker's does not.
        let asked = ContinuousClock.now
        worker.process.terminate()
        worker.process.waitUntilExit()
        print("ended \(ContinuousClock.now - asked) after SIGTERM")
        #expect(worker.process.terminationStatus == 0)
        #expect(ContinuousClock.now - asked < .seconds(30))
    }
}
