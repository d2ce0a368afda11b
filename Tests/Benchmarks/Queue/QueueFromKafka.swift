import Foundation
import Jobs
import Kafka
import LocalStack
import Postgres
import Synchronization
import TestSupport

/// The time from publishing to the row, and to the start of the child, at an idle worker.
///
/// Both ends are lines of the worker's log: the row's is written once its commit is acknowledged. The
/// brokers are PALIMPSEST_KAFKA's, which have the topics, or else the embedded one, which is slower to
/// answer than Kafka is.
func benchmarkStarts(_ conninfo: String, rounds: Int, _ peer: QueuePeer?) throws {
    let (bootstrap, brokers, broker) = try findBrokers(partitions: 1)
    defer { withExtendedLifetime(broker) {} }
    let fleet = try Fleet(bootstrap, conninfo: conninfo)
    fleet.environment["PALIMPSEST_LOG"] = "json"
    let worker = try fleet.start()
    let producer = try fleet.producer()
    // The first comes when the group has its partitions.
    try fleet.finish(fleet.publish(producer))
    var published: [String: Date] = [:]
    for _ in 0..<rounds {
        let start = Date.now
        let job = try fleet.publish(producer)
        published[job.uuidString.lowercased()] = start
        try fleet.finish(job)
        Thread.sleep(forTimeInterval: .random(in: 0.05...0.25))
    }
    let lines = try worker.logged.split(separator: "\n").map { try LogLine(parsing: $0) }
    func times(_ message: String) -> [Double] {
        lines.filter { $0.message == message }.compactMap { line in
            published[line.job ?? ""].map { 1_000 * line.time.timeIntervalSince($0) }
        }
    }
    report("queue_message_to_row", percentiles(times("took a message")).merging(brokers) { $1 })
    var values = percentiles(times("child")).merging(brokers) { $1 }
    if let peer {
        let theirs = percentiles(peer.startMs, "peer_")
        values.merge(theirs) { $1 }
        values["peer"] = .string("procrastinate \(peer.version)")
    }
    report("queue_publish_to_start", values)
}

/// Where messages go, how a result names it, and the embedded broker where none is given.
private func findBrokers(
    partitions: Int
) throws -> (bootstrap: String, values: [String: JSON], broker: EmbeddedBroker?) {
    if let given = ProcessInfo.processInfo.environment["PALIMPSEST_KAFKA"] {
        return (given, ["brokers": .string("given")], nil)
    }
    let broker = try EmbeddedBroker(partitions: partitions)
    return (broker.bootstrap, ["brokers": .string("embedded")], broker)
}

private struct LogLine: Decodable {
    var time: Date
    var message: String
    var job: String?

    init(parsing line: Substring) throws {
        let decoder = JSONDecoder()
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        decoder.dateDecodingStrategy = .custom { decoder in
            try format.parse(String(from: decoder))
        }
        self = try decoder.decode(LogLine.self, from: Data(line.utf8))
    }
}

/// How long a worker takes for many messages at once, from its first row to its last, and its memory
/// while it does. The worker also runs what it takes in, one job after the other.
///
/// Sixteen partitions, since the embedded broker keeps 5 MiB of each. It also hands out a message a
/// partition at a time, so that a burst is worth measuring on Kafka only.
func benchmarkBurst(_ conninfo: String, messages: Int) throws {
    let (bootstrap, brokers, broker) = try findBrokers(partitions: 16)
    defer { withExtendedLifetime(broker) {} }
    let fleet = try Fleet(bootstrap, conninfo: conninfo)
    let idle = try fleet.start().process
    try fleet.finish(fleet.publish(fleet.producer()))
    let before = peakMib(idle.processIdentifier)
    idle.terminate()
    idle.waitUntilExit()
    try publish(messages, to: bootstrap, threads: 8)
    let worker = try fleet.start().process
    // Counting takes time of the same two cores.
    func jobs() throws -> Int {
        Thread.sleep(forTimeInterval: 0.25)
        return try fleet.database.query("SELECT count(*) AS n FROM queue.job")[0].int("n")
    }
    try fleet.wait(60, for: "the first job") { try jobs() > 1 ? true : nil }
    let start = ContinuousClock.now
    try fleet.wait(900, for: "\(messages) jobs") { try jobs() > messages ? true : nil }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    report(
        "queue_burst",
        [
            "messages": .int(messages), "seconds": .double(seconds),
            "per_second": .double(Double(messages) / seconds), "idle_mib": .int(before),
            "peak_mib": .int(peakMib(worker.processIdentifier)),
        ].merging(brokers) { $1 }
    )
}

/// Publishes `messages` jobs from `threads` producers and returns when the broker has them.
private func publish(_ messages: Int, to bootstrap: String, threads: Int) throws {
    let publishing = DispatchGroup()
    let failure = Mutex<(any Error)?>(nil)
    for _ in 0..<threads {
        publishing.enter()
        Thread.detachNewThread {
            defer { publishing.leave() }
            do {
                let producer = try Producer(Configuration(bootstrap: bootstrap))
                for _ in 0..<messages / threads { try publish(producer) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }
    publishing.wait()
    if let error = failure.withLock({ $0 }) { throw error }
}

private func publish(_ producer: Producer) throws {
    let id = UUID().uuidString
    let body = """
        {"job_id": "\(id)", "spec": {"method": "classifier"}, "inputs": {"dataset": "nowhere"}}
        """
    try producer.send(to: JobKind.train.topic, key: id, value: Data(body.utf8))
}
