import Foundation
import HTTP
import Jobs
import Kafka
import Postgres
import Records
import TestSupport
import Testing

/// Messages that cannot leave.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: Cluster.isThere))
struct OutboxFaults {
    private func waiting(_ fleet: Fleet, _ topic: String) throws -> Int {
        try fleet.database.query(
            """
            SELECT count(*) AS n FROM queue.outbox
            WHERE published_at IS NULL AND parked_because IS NULL AND topic = $1
            """,
            [.text(topic)]
        )[0].int("n")
    }

    private func read(_ fleet: Fleet, _ topic: String, count: Int) throws -> [Message] {
        var configuration = Configuration(bootstrap: fleet.environment["PALIMPSEST_KAFKA"] ?? "")
        let file = URL(filePath: fleet.environment["PALIMPSEST_KAFKA_CONFIG"] ?? "")
        try configuration.add(propertiesFile: file)
        let consumer = try Consumer(configuration, group: "reader", topics: [topic])
        var found: [Message] = []
        try fleet.wait(for: "\(count) messages on \(topic)") {
            if let message = try consumer.poll(milliseconds: 100) { found.append(message) }
            return found.count >= count ? true : nil
        }
        return found
    }

    @Test func `fault 45: a message that the broker finds too large is parked, others pass`() throws
    {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try cluster.tool(
            "topics",
            "--create",
            "--topic",
            Topics.deadLetters,
            "--config",
            "max.message.bytes=2000"
        )
        try fleet.palimpsest("topics")
        let worker = try fleet.start()
        let producer = try fleet.producer()
        let topic = JobKind.train.topic
        let large = "{" + String(repeating: " ", count: 50_000)
        for text in ["{", large, "["] {
            try producer.send(to: topic, key: "same", value: Data(text.utf8))
        }
        let letters = try read(fleet, Topics.deadLetters, count: 2)
        #expect(letters.map(\.value) == [Data("{".utf8), Data("[".utf8)])
        let parked = try fleet.wait {
            try fleet.database.query(
                "SELECT parked_because AS why FROM queue.outbox WHERE parked_because IS NOT NULL"
            ).first
        }
        #expect(try parked.text("why").contains("too large"))
        let line = #"outbox_published_total{topic="jobs.dlq.v1",result="parked"} 1"#
        #expect(try worker.page("/metrics").body.contains(line))
        #expect(worker.logged.contains("parked a message"))
        #expect(try fleet.queue.deadLetters().count == 3)
    }

    /// Ten minutes and half a minute are alike: what waits lies in rows.
    @Test func `fault 45: what a broker's absence kept back leaves in order when it is back`()
        throws
    {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        let worker = try fleet.start()
        try fleet.wait(for: "readiness") { worker.isReady ? true : nil }
        try cluster.kill(node: 1)
        let ids = try (0..<20).map { _ -> UUID in
            let body = #"{"spec": {"method": "classifier"}, "inputs": {"dataset": "nowhere"}}"#
            let request = try JobRequest(
                JSON(parsing: Data(body.utf8)),
                kind: .train,
                fallbackID: UUID()
            )
            _ = try fleet.queue.submit(
                request,
                inputs: fleet.ledger.pin(request.inputs),
                source: "test",
                messageID: UUID().uuidString
            )
            return request.id
        }
        for id in ids { _ = try fleet.finish(id) }
        Thread.sleep(forTimeInterval: 25)
        let kept = try waiting(fleet, Topics.events)
        #expect(kept >= 60)
        try cluster.revive(node: 1)
        try fleet.wait(120, for: "an empty outbox") {
            try waiting(fleet, Topics.events) == 0 ? true : nil
        }
        let events = try read(fleet, Topics.events, count: kept)
        for id in ids {
            let own = events.filter { $0.key == Data(id.uuidString.lowercased().utf8) }
            // A message may come twice, with the same id; in between none is out of its turn.
            let numbers = own.compactMap { message in
                message.headers["ce_id"]?.split(separator: "/").last.flatMap { Int($0) }
            }
            #expect(Set(numbers) == [1, 2, 3], "\(numbers)")
            let firsts = [1, 2, 3].compactMap { numbers.firstIndex(of: $0) }
            #expect(firsts == firsts.sorted(), "\(numbers)")
        }
    }

    @Test func `fault 46: without the dead letters' topic intake and events go on`() throws {
        let cluster = try Cluster()
        let fleet = try Fleet(cluster.bootstrap)
        try fleet.palimpsest("topics")
        try cluster.tool("topics", "--delete", "--topic", Topics.deadLetters)
        try fleet.start()
        let producer = try fleet.producer()
        try producer.send(to: JobKind.train.topic, key: "", value: Data("{".utf8))
        try fleet.wait { try fleet.queue.deadLetters().first }
        let id = try fleet.publish(producer)
        _ = try fleet.finish(id)
        try fleet.wait(90, for: "the job's events") {
            try waiting(fleet, Topics.events) == 0 ? true : nil
        }
        #expect(try waiting(fleet, Topics.deadLetters) >= 1)
        try fleet.palimpsest("topics")
        let letters = try read(fleet, Topics.deadLetters, count: 2)
        #expect(letters.contains { $0.value == Data("{".utf8) })
    }
}
