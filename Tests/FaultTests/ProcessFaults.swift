import Foundation
import Jobs
import Kafka
import Lifecycle
import Postgres
import Records
import Store
import TestSupport
import Testing

/// Workers and children that are killed, stopped and starved.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ProcessFaults {
    @Test func `fault 21: a killed worker's job is resumed, and ends in the same bytes`() throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        let whole = try stack.publish(steps: 120)
        #expect(try stack.finish(whole).state == "succeeded")
        let broken = try stack.publish(steps: 120)
        try stack.working(broken)
        let child = try stack.child(of: worker)
        kill(worker.processIdentifier, SIGKILL)
        let killed = ContinuousClock.now
        try stack.start()
        try stack.wait(70) { try stack.reasons(broken).contains("lost") ? true : nil }
        print("taken back \(ContinuousClock.now - killed) after the kill, lease 6 s")
        #expect(try stack.finish(broken).state == "succeeded")
        #expect(!isAlive(child))
        let digests = try [whole, broken].map { try stack.ledger.outputs(of: $0).map(\.content) }
        #expect(digests[0] == digests[1] && digests[0].count == 1)
    }

    @Test func `fault 22: a stopped worker that wakes up changes nothing`() throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        let id = try stack.publish(steps: 3_000)
        try stack.working(id)
        let child = try stack.child(of: worker)
        kill(worker.processIdentifier, SIGSTOP)
        try stack.start()
        try stack.wait {
            try stack.reasons(id).filter { $0 == "started" }.count == 2 ? true : nil
        }
        kill(worker.processIdentifier, SIGCONT)
        try stack.wait(30) { isAlive(child) ? nil : true }
        _ = try stack.queue.cancel(id)
        #expect(try stack.finish(id).state == "cancelled")
        let epochs = try stack.queue.history(of: id).map(\.epoch)
        #expect(epochs == epochs.sorted() && epochs.last == 2)
    }

    @Test func `fault 23: without Postgres the child is gone before its lease is over`() throws {
        for mode in [CutProxy.Mode.silent, .refused] {
            let stack = try FaultStack()
            let worker = try stack.start()
            let id = try stack.publish(steps: 100_000)
            try stack.working(id)
            let child = try stack.child(of: worker)
            stack.proxy.set(mode)
            try stack.wait(10) { isAlive(child) ? nil : true }
            // By the server's clock the lease still holds, and nobody else can have the job.
            let left = try stack.database.query(
                "SELECT lease_expires_at > clock_timestamp() AS holds FROM queue.job"
            )
            #expect(try left.first?.bool("holds") == true)
            stack.proxy.set(.open)
            try stack.wait { try stack.reasons(id).contains("lost") ? true : nil }
            _ = try stack.queue.cancel(id)
            #expect(try stack.finish(id).state == "cancelled")
        }
    }

    @Test func `fault 28: renewals are on time while every core is busy`() throws {
        let stack = try FaultStack()
        try stack.start()
        let id = try stack.publish(steps: 100_000)
        try stack.working(id)
        let hogs = try (0..<4).map { _ in
            let hog = Process()
            hog.executableURL = URL(filePath: "/bin/sh")
            hog.arguments = ["-c", "while :; do :; done"]
            try hog.start()
            return hog
        }
        defer {
            for hog in hogs {
                hog.terminate()
                hog.waitUntilExit()
            }
        }
        var worst = 0.0
        for _ in 0..<100 {
            Thread.sleep(forTimeInterval: 0.1)
            worst = max(worst, try stack.queue.status(of: id)?.heartbeatAge ?? 99)
        }
        print("oldest heartbeat \(worst) s, one due every 1 s")
        #expect(worst < 4.5)
        _ = try stack.queue.cancel(id)
        #expect(try stack.finish(id).state == "cancelled")
    }

    @Test func `fault 29: a child that hangs while its heart beats is found and retried`() throws {
        let stack = try FaultStack(["PALIMPSEST_STALL_SECONDS": "3"])
        let worker = try stack.start()
        let id = try stack.publish(steps: 150)
        try stack.working(id)
        kill(try stack.child(of: worker), SIGSTOP)
        try stack.wait(30) { try stack.reasons(id).contains("retrying") ? true : nil }
        let detail = try stack.queue.history(of: id).compactMap(\.detail).first
        #expect(detail?.hasPrefix("stalled: no progress for") == true)
        #expect(try stack.finish(id).state == "succeeded")
    }

    @Test func `fault 31: a lease shorter than its renewal is no setting to start with`() throws {
        let stack = try FaultStack([
            "PALIMPSEST_LEASE_SECONDS": "10", "PALIMPSEST_RENEW_SECONDS": "30",
        ])
        let (text, status) = try Programs.run("training-worker", [], stack.environment)
        #expect(status != 0)
        #expect(text.contains("PALIMPSEST_RENEW_SECONDS, a whole number in 1...3"))
    }

    @Test(arguments: [SIGKILL, SIGSEGV])
    func `faults 32 and 37: a job whose child dies five times is poison, and no other suffers`(
        signal: Int32
    ) throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        let id = try stack.publish(steps: 100_000)
        for death in 1...5 {
            let child = try stack.child(of: worker)
            kill(child, signal)
            try stack.wait { try stack.queue.status(of: id)?.losses == death ? true : nil }
            // The wait before the next attempt is another test's.
            try stack.database.query(
                """
                UPDATE queue.job SET not_before = '-infinity', due = true
                WHERE state = 'retry_wait'
                """
            )
        }
        let status = try stack.finish(id)
        #expect(status.state == "failed" && status.failure?.reason == .lost)
        #expect(status.failure?.message.contains("signal \(signal)") == true)
        #expect(try stack.finish(stack.publish(steps: 5)).state == "succeeded")
    }

    @Test func `fault 34: a cancel by message reaches a running job, and its child is gone`() throws
    {
        let stack = try FaultStack([
            "PALIMPSEST_LEASE_SECONDS": "60", "PALIMPSEST_RENEW_SECONDS": "10",
        ])
        let worker = try stack.start()
        let id = try stack.publish(steps: 1_000_000)
        try stack.working(id)
        let child = try stack.child(of: worker)
        let start = ContinuousClock.now
        let value = Data(#"{"cancel": "\#(id.uuidString)"}"#.utf8)
        try stack.producer.send(to: Topics.control, key: id.uuidString, value: value)
        try stack.wait { try stack.queue.status(of: id)?.state == "cancelling" ? true : nil }
        let noticed = ContinuousClock.now - start
        try stack.wait(40) { isAlive(child) ? nil : true }
        print(
            "cancel in Postgres after \(noticed), child gone after \(ContinuousClock.now - start)"
        )
        #expect(try stack.finish(id).state == "cancelled")
        // And before the job is there; and a message that is none.
        let early = UUID()
        let event = [
            "ce_specversion": "1.0", "ce_id": "c", "ce_source": "test",
            "ce_type": "job.cancel.v1", "ce_subject": early.uuidString,
        ]
        try stack.producer.send(to: Topics.control, key: "", headers: event, value: Data())
        try stack.producer.send(to: Topics.control, key: "", value: Data("{}".utf8))
        try stack.wait {
            try stack.queue.deadLetters().contains { $0.detail.contains("cancel is 'missing'") }
                ? true : nil
        }
        let grave = try stack.database.query("SELECT job FROM queue.tombstone")
        #expect(try grave.map { try $0.uuid("job") } == [early])
    }

    @Test func `fault 39: a damaged snapshot is passed over, and that is recorded`() throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        let id = try stack.publish(steps: 400)
        try stack.wait {
            try stack.database.query("SELECT FROM queue.snapshot").count >= 2 ? true : nil
        }
        kill(worker.processIdentifier, SIGKILL)
        let places = try stack.database.query(
            "SELECT step, encode(content, 'hex') AS content FROM queue.snapshot ORDER BY step DESC"
        )
        let newest = try #require(Digest(hex: places[0].text("content")))
        try Data("rot".utf8).write(to: stack.store.path(of: newest))
        try stack.start()
        #expect(try stack.finish(id).state == "succeeded")
        let discarded = try stack.database.query(
            "SELECT step, discarded FROM queue.snapshot WHERE discarded IS NOT NULL"
        )
        #expect(discarded.count == 1)
        #expect(try discarded[0].int("step") == places[0].int("step"))
        let resumed = try stack.database.query("SELECT resumed_step AS step FROM queue.job")
        #expect(try resumed[0].int("step") == places[1].int("step"))
    }

    @Test func `fault 44: SIGTERM saves the job's state and gives it back at no cost`() throws {
        let stack = try FaultStack()
        let worker = try stack.start()
        let id = try stack.publish(steps: 400)
        try stack.working(id)
        worker.terminate()
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0)
        let status = try #require(try stack.queue.status(of: id))
        #expect(status.state == "queued" && status.errors == 0 && status.losses == 0)
        #expect(try stack.reasons(id).last == "released")
        try stack.start()
        #expect(try stack.finish(id).state == "succeeded")
    }
}
