import Foundation
import Kafka
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct ClientTests {
    private func consumer(_ broker: Broker, _ topic: String) throws -> Consumer {
        let configuration = Configuration(
            bootstrap: broker.bootstrap,
            ["session.timeout.ms": "6000"]
        )
        return try Consumer(configuration, group: "test", topics: [topic])
    }

    private func next(_ consumer: Consumer, seconds: Double = 30) throws -> Message? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let message = try consumer.poll(milliseconds: 100) { return message }
        }
        return nil
    }

    @Test(arguments: Broker.available)
    func `a message arrives with key, headers and bytes as they were sent`(kind: Broker.Kind) throws
    {
        let broker = try Broker(kind, topics: ["there"])
        let value = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
        let headers = ["ce_id": "7", "content-type": "application/json"]
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        try producer.send(to: "there", key: "k", headers: headers, value: value)
        let message = try #require(try next(consumer(broker, "there")))
        #expect(message.topic == "there" && message.value == value)
        #expect(message.key == Data("k".utf8) && message.headers == headers)
    }

    /// What was stored does not come again; what was not, does.
    @Test(arguments: Broker.available)
    func `a new consumer goes on after the last stored message`(kind: Broker.Kind) throws {
        let broker = try Broker(kind, topics: ["again"])
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        for number in 0..<4 {
            try producer.send(to: "again", key: "same", value: Data("\(number)".utf8))
        }
        let read = { (consumer: Consumer) in
            try next(consumer).flatMap { message in
                message.value.map { (message, String(decoding: $0, as: UTF8.self)) }
            }
        }
        do {
            let first = try consumer(broker, "again")
            for expected in ["0", "1", "2"] {
                let (message, text) = try #require(try read(first))
                #expect(text == expected)
                if expected != "2" { try first.store(message) }
            }
        }
        let second = try consumer(broker, "again")
        #expect(try #require(try read(second)).1 == "2")
        #expect(try #require(try read(second)).1 == "3")
        #expect(second.hasAssignment)
    }

    @Test func `topics are created once and then known`() throws {
        guard Broker.available.contains(.real) else {
            print("the mock cluster answers no CreateTopics; not tested without Apache Kafka")
            return
        }
        let broker = try Broker(.real, topics: ["known"])
        let producer = try Producer(Configuration(bootstrap: broker.bootstrap))
        let wanted = ["known", "new"].map { NewTopic($0, partitions: 1) }
        #expect(try producer.create(wanted, replication: 1) == ["new"])
        #expect(try producer.topics().isSuperset(of: ["known", "new"]))
    }

    @Test func `no broker is an error that says so in time`() throws {
        let configuration = Configuration(
            bootstrap: "127.0.0.1:1",
            ["message.timeout.ms": "60000", "log_level": "0"]
        )
        let error = #expect(throws: KafkaError.self) {
            try Producer(configuration).send(to: "x", key: "", value: Data(), seconds: 1)
        }
        #expect(error?.description.contains("no broker took the message") == true)
    }

    @Test func `a setting that librdkafka refuses is named`() {
        let error = #expect(throws: KafkaError.self) {
            try Producer(Configuration(bootstrap: "127.0.0.1:1", ["acs": "all"]))
        }
        #expect(error?.description.contains("acs") == true)
    }

    @Test func `a properties file is read, or refused by line`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = Configuration(bootstrap: "a:1")
        try Data("# hello\n ssl.ca.location = /x \n".utf8).write(to: file)
        try configuration.add(propertiesFile: file)
        #expect(configuration.values["ssl.ca.location"] == "/x")
        try Data("nonsense\n".utf8).write(to: file)
        #expect(throws: KafkaError.self) { try configuration.add(propertiesFile: file) }
    }

    /// Debian 12's librdkafka; a later one accepts it, and the test then asks for that.
    @Test func `SCRAM is refused where librdkafka cannot do it, with what to use`() {
        let configuration = Configuration(
            bootstrap: "127.0.0.1:1",
            [
                "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": "u", "sasl.password": "hunter2",
            ]
        )
        guard Configuration.libraryVersion < (2, 6, 1) else {
            #expect(throws: Never.self) { try Producer(configuration) }
            return
        }
        let error = #expect(throws: KafkaError.self) { try Producer(configuration) }
        let text = error?.description ?? ""
        #expect(text.contains("SCRAM-SHA-512 fails") && text.contains("before 2.6.1"))
        #expect(text.contains("use mTLS or SASL/PLAIN over TLS") && !text.contains("hunter2"))
    }

    @Test func `a secret that librdkafka refuses is not shown`() {
        let configuration = Configuration(
            bootstrap: "127.0.0.1:1",
            ["security.protocol": "ssl", "ssl.key.pem": "hunter2"]
        )
        let error = #expect(throws: KafkaError.self) { try Producer(configuration) }
        #expect(error?.description.contains("hunter2") == false)
    }
}
