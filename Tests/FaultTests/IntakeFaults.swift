import Foundation
import Jobs
import Kafka
import Lifecycle
import Postgres
import Records
import TestSupport
import Testing

/// Messages while workers and connections die.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct IntakeFaults {
    private func jobs(_ stack: FaultStack) throws -> Int {
        try stack.database.query("SELECT count(*) AS n FROM queue.job")[0].int("n")
    }

    @Test
    func `faults 9, 10 and 11: messages while workers and connections are cut are one job each`()
        throws
    {
        let stack = try FaultStack()
        var worker = try stack.start()
        var ids: Set<UUID> = []
        for round in 0..<6 {
            for _ in 0..<40 { ids.insert(try stack.publish(steps: 1, held)) }
            Thread.sleep(forTimeInterval: 0.2)
            if round.isMultiple(of: 2) {
                kill(worker.processIdentifier, SIGKILL)
                worker.waitUntilExit()
                worker = try stack.start()
            } else {
                // Whatever was committed and not answered for is asked about again.
                stack.proxy.set(.refused)
                stack.proxy.set(.open)
            }
        }
        try stack.wait(120) { try jobs(stack) >= ids.count ? true : nil }
        #expect(try jobs(stack) == ids.count)
        #expect(try stack.queue.deadLetters().isEmpty)
    }

    /// What is there when the worker starts is taken in by one transaction, unless one is refused.
    @Test func `messages that are refused take no others with them`() throws {
        let stack = try FaultStack()
        var ids: Set<UUID> = []
        for _ in 0..<10 { ids.insert(try stack.publish(steps: 1, held)) }
        let (known, unknown) = (UUID(), UUID())
        ids.insert(try stack.publish(steps: 1, held, id: known))
        try stack.publish(steps: 2, held, id: known)
        try stack.producer.send(to: JobKind.train.topic, key: "", value: Data("{".utf8))
        let body = """
            {"job_id": "\(unknown.uuidString)", "spec": {"method": "classifier"},
            "inputs": {"dataset": "nothing"}}
            """
        try stack.producer.send(to: JobKind.train.topic, key: "", value: Data(body.utf8))
        for _ in 0..<10 { ids.insert(try stack.publish(steps: 1, held)) }
        try stack.start()
        try stack.wait { try jobs(stack) >= ids.count ? true : nil }
        try stack.wait { try stack.queue.deadLetters().count >= 3 ? true : nil }
        let rows = try stack.database.query("SELECT id FROM queue.job")
        #expect(try Set(rows.map { try $0.uuid("id") }) == ids)
        #expect(
            try stack.queue.deadLetters().map(\.reason).sorted()
                == ["conflict", "invalid", "invalid"]
        )
    }

    @Test func `fault 36: a chain on two topics, published last first, runs in its order`() throws {
        let stack = try FaultStack()
        for program in ["training-worker", "unlearning-worker"] { try stack.start(program) }
        let (teacher, forgetful) = (UUID(), UUID())
        let body = """
            {"job_id": "\(forgetful.uuidString)", "after": ["\(teacher.uuidString)"],
            "inputs": {"original": "teacher"}, "name": "forgetful",
            "spec": {"method": "saddle", "forget": ["star"], "samples_per_class": 4,
            "sampler": {"steps": 2}, "work": {"steps": 2, "batch_size": 8}}}
            """
        try stack.producer.send(to: JobKind.unlearn.topic, key: "", value: Data(body.utf8))
        try stack.wait {
            try stack.queue.status(of: forgetful)?.state == "blocked" ? true : nil
        }
        try stack.publish(steps: 3, #""name": "teacher","#, id: teacher)
        #expect(try stack.finish(forgetful).state == "succeeded")
        #expect(try stack.reasons(forgetful) == ["accepted", "queued", "started", "succeeded"])
        #expect(try stack.ledger.origin(of: "forgetful").original?.name == "teacher")
    }

    /// Jobs that nobody may begin yet.
    private let held = #""not_before": "2999-01-01T00:00:00Z","#

    @Test func `fault 12: messages that come while Postgres is away wait for it`() throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        try stack.publish(steps: 1, held)
        try stack.wait { try jobs(stack) == 1 ? true : nil }
        stack.proxy.set(.refused)
        let before = try processorSeconds(worker.processIdentifier)
        for _ in 0..<20 {
            try stack.publish(steps: 1, held)
            Thread.sleep(forTimeInterval: 1)
        }
        let spent = try processorSeconds(worker.processIdentifier) - before
        print("20 s without Postgres cost \(spent) s of processor")
        #expect(spent < 8)
        #expect(try jobs(stack) == 1)
        stack.proxy.set(.open)
        try stack.wait { try jobs(stack) == 21 ? true : nil }
    }

    private func processorSeconds(_ process: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = [11, 12].compactMap { fields.count > $0 ? Double(fields[$0]) : nil }
        return ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    @Test func `fault 47: a dead letter that is replayed twice is one job`() throws {
        let stack = try FaultStack()
        try stack.start()
        let body =
            #"{"inputs": {"dataset": "later"}, "spec": {"method": "classifier"}, \#(held) "name": "x"}"#
        try stack.producer.send(to: JobKind.train.topic, key: "", value: Data(body.utf8))
        let letter = try stack.wait { try stack.queue.deadLetters().first }
        #expect(letter.detail.contains("later"))
        try stack.database.query(
            """
            SELECT lineage.register_import(
                convert_to('{"content":"' || a.content || '","import":"x","output":"dataset"}', 'UTF8'),
                decode(a.content, 'hex'), 'dataset', 'dataset', 1, a.info, 'x', NULL, 'later'
            ) FROM lineage.artifacts a LIMIT 1
            """
        )
        let listed = try stack.palimpsest("dead-letters", "list")
        #expect(listed.status == 0 && listed.text.contains("jobs.train.v1"))
        for _ in 0..<2 {
            let answer = try stack.palimpsest("dead-letters", "replay", letter.letter)
            #expect(answer.status == 0, "\(answer.text)")
        }
        try stack.wait {
            try stack.database.query(
                "SELECT FROM queue.outbox WHERE topic = 'jobs.train.v1' AND published_at IS NOT NULL"
            ).count == 2 ? true : nil
        }
        // A message behind them shows that both were taken.
        let last = try stack.publish(steps: 1, held)
        try stack.wait { try stack.queue.status(of: last) }
        #expect(try jobs(stack) == 2)
        #expect(try stack.queue.deadLetters().count == 1)
        #expect(try stack.palimpsest("dead-letters", "replay", "999").status != 0)
    }
}
