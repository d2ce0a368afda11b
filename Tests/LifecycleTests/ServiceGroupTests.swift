import Foundation
import Lifecycle
import Logging
import Synchronization
import Testing

private final class Record: Sendable {
    let words = Mutex<[String]>([])
    func add(_ word: String) { words.withLock { $0.append(word) } }
}

private struct Waiting: Service {
    let name: String
    let record: Record
    func run(until shutdown: Shutdown) throws {
        record.add("\(name) runs")
        while !shutdown.wait(10) {}
        record.add("\(name) ends")
    }
}

private struct Failing: Service {
    struct Broken: Error {}
    let name = "failing"
    func run(until shutdown: Shutdown) throws {
        shutdown.wait(0.1)
        throw Broken()
    }
}

@Suite(.serialized, .timeLimit(.minutes(1))) struct ServiceGroupTests {
    @Test func `SIGTERM ends all services`() throws {
        let record = Record()
        let group = ServiceGroup(
            [Waiting(name: "a", record: record), Waiting(name: "b", record: record)],
            logger: Logger(label: "test")
        )
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.3)
            kill(getpid(), SIGTERM)
        }
        try group.run()
        #expect(record.words.withLock { Set($0) } == ["a runs", "b runs", "a ends", "b ends"])
    }

    @Test func `one service's error ends the others and is thrown`() {
        let record = Record()
        let group = ServiceGroup(
            [Waiting(name: "a", record: record), Failing()],
            logger: Logger(label: "test")
        )
        #expect(throws: Failing.Broken.self) { try group.run() }
        #expect(record.words.withLock { $0 } == ["a runs", "a ends"])
    }
}
