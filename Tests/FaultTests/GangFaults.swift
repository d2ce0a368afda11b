import Foundation
import Jobs
import Lifecycle
import Postgres
import Records
import TestSupport
import Testing

/// Fault 43 with real workers, children and sums between them.
@Suite(.serialized, .timeLimit(.minutes(6)))
struct GangFaults {
    private let two = #""resources": {"world_size": 2},"#

    private func stack() throws -> FaultStack {
        try FaultStack(["PALIMPSEST_GANG_HOST": "127.0.0.1"])
    }

    /// The curve's last loss: the sum over the batch is the same but for rounding, which the first
    /// steps of AdamW magnify where a gradient is almost zero.
    @Test func `fault 43: two ranks make what one makes`() throws {
        let stack = try stack()
        _ = try pair(stack)
        let (together, alone) = (try stack.publish(steps: 10, two), try stack.publish(steps: 10))
        let losses = try [together, alone].map { id in
            #expect(try stack.finish(id).state == "succeeded")
            return try #require(try stack.queue.curve(of: id).last?.values["loss"])
        }
        print("loss of two ranks \(losses[0]), of one \(losses[1])")
        #expect(abs(losses[0] - losses[1]) < 1e-3 * losses[1])
        #expect(try stack.ledger.outputs(of: together).count == 1)
    }

    @Test func `fault 43: a rank that dies mid-step fails the attempt, and the next one ends`()
        throws
    {
        let stack = try stack()
        let workers = try pair(stack)
        let id = try stack.publish(steps: 400, two)
        try stack.working(id)
        // Rank 1's child is that of the worker which does not hold the lease.
        let member = try member(of: id, workers, stack)
        kill(try stack.child(of: member), SIGKILL)
        try stack.wait(30) { try stack.reasons(id).contains("retrying") ? true : nil }
        let detail = try stack.queue.history(of: id).compactMap(\.detail).first
        #expect(
            detail?.hasPrefix("rank 1: the child was ended by signal 9") == true,
            "\(detail ?? "")"
        )
        #expect(try stack.finish(id).state == "succeeded")
        #expect(try stack.queue.status(of: id)?.losses == 1)
    }

    @Test func `fault 43: with its member's worker gone a gang begins again with another`() throws {
        let stack = try stack()
        let workers = try pair(stack)
        let id = try stack.publish(steps: 400, two)
        try stack.working(id)
        let member = try member(of: id, workers, stack)
        kill(member.processIdentifier, SIGKILL)
        try stack.wait(60) {
            try stack.reasons(id).contains { ["retrying", "lost"].contains($0) } ? true : nil
        }
        try stack.start()
        #expect(try stack.finish(id).state == "succeeded")
    }

    @Test func `fault 43: a gang larger than the fleet leaves its worker to others`() throws {
        let stack = try stack()
        try stack.database.query(
            """
            ALTER TABLE queue.gang
            ALTER assembles_until SET DEFAULT clock_timestamp() + interval '2 seconds'
            """
        )
        try stack.start()
        let large = try stack.publish(steps: 5, #""resources": {"world_size": 3},"#)
        try stack.wait { try stack.reasons(large).contains("started") ? true : nil }
        let small = try stack.publish(steps: 5)
        #expect(try stack.finish(small, seconds: 40).state == "succeeded")
        #expect(try stack.reasons(large).contains("released"))
        let status = try #require(try stack.queue.status(of: large))
        #expect(status.state == "queued" && status.errors == 0 && status.losses == 0)
    }

    @Test func `fault 43: SIGTERM to either worker gives the job back at the same step`() throws {
        let stack = try stack()
        let workers = try pair(stack)
        let id = try stack.publish(steps: 2_000, two)
        try stack.working(id)
        let member = try member(of: id, workers, stack)
        member.terminate()
        member.waitUntilExit()
        #expect(member.terminationStatus == 0)
        try stack.wait { try stack.reasons(id).contains("released") ? true : nil }
        let status = try #require(try stack.queue.status(of: id))
        #expect(status.errors == 0 && status.losses == 0)
        _ = try stack.queue.cancel(id)
        #expect(try stack.finish(id).state == "cancelled")
    }

    /// Two workers, started one after the other.
    private func pair(_ stack: FaultStack) throws -> [Process] {
        try (1...2).map { count in
            let worker = try stack.start()
            try stack.wait {
                try stack.database.query("SELECT FROM queue.worker").count == count ? true : nil
            }
            return worker
        }
    }

    /// The worker whose child is rank 1: its incarnation is not the lease's.
    private func member(
        of id: UUID,
        _ workers: [Process],
        _ stack: FaultStack
    ) throws -> Process {
        let rows = try stack.database.query(
            """
            SELECT w.incarnation = j.lease_owner AS holds FROM queue.worker w
            CROSS JOIN queue.job j WHERE j.id = $1::uuid ORDER BY w.started_at
            """,
            [.uuid(id)]
        )
        let index = try #require(try rows.firstIndex { try !$0.bool("holds") })
        return workers[index]
    }
}
