import Foundation
import Jobs
import Postgres
import Records
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DependencyFaults {
    let desk: FaultDesk

    init() throws { desk = try FaultDesk() }

    private func after(_ ids: UUID..., more: [String: JSON] = [:]) -> [String: JSON] {
        more.merging(["after": .array(ids.map(\.json))]) { $1 }
    }

    private func finish() throws {
        try desk.queue.complete(#require(try desk.claim()), outputs: [FaultDesk.output()])
    }

    @Test func `fault 36: a job waits for all, and takes their outputs by name`() throws {
        let (one, two) = (try desk.add(["name": .string("one")]), try desk.add())
        // Names an output of a job that has not run; published before it is known.
        let last = try desk.add(
            after(one, two, more: ["inputs": .object(["dataset": .string("new")])])
        )
        #expect(try desk.state(last) == "blocked")
        try finish()
        #expect(try desk.state(last) == "blocked")
        let new = try desk.register("new", "made meanwhile")
        try finish()
        #expect(try desk.state(last) == "queued")
        #expect(try desk.claim()?.inputs.map(\.artifact) == [new])
        let reasons = try desk.queue.history(of: last).map(\.reason)
        #expect(reasons == ["accepted", "queued", "started"])
    }

    @Test func `fault 36: a chain may come in any order`() throws {
        let ids = (0..<4).map { _ in UUID() }
        for index in [3, 1, 2, 0] {
            let more = index == 0 ? [:] : after(ids[index - 1])
            try desk.submit(FaultDesk.request(more, id: ids[index]))
        }
        for id in ids {
            #expect(try desk.state(id) == "queued")
            try finish()
        }
        #expect(try desk.claim() == nil)
    }

    @Test(arguments: [true, false])
    func `fault 36: what failed or was cancelled takes the chain with it`(cancels: Bool) throws {
        let root = try desk.add()
        var chain = [root]
        for _ in 0..<200 { chain.append(try desk.add(after(#require(chain.last)))) }
        if cancels {
            #expect(try desk.queue.cancel(root) == .cancelled)
        } else {
            try desk.queue.fail(#require(try desk.claim()).claim, JobFailure(.permanent, "no"))
        }
        let failed = "SELECT count(*) FROM queue.job WHERE failure_class = 'dependency'"
        #expect(try desk.number(failed) == 200)
        let late = try desk.add(after(root))
        #expect(try desk.failure(late)?.reason == .dependency)
        #expect(try desk.failure(late)?.message.contains(root.uuidString.lowercased()) == true)
    }

    @Test func `fault 36: a job is not after itself, near or far`() throws {
        let (a, b, c) = (UUID(), UUID(), UUID())
        #expect(throws: SpecError.self) { try FaultDesk.request(after(a), id: a) }
        try desk.submit(FaultDesk.request(after(b), id: a))
        try desk.submit(FaultDesk.request(after(c), id: b))
        let error = #expect(throws: SpecError.self) {
            try desk.submit(FaultDesk.request(after(a), id: c))
        }
        #expect(error?.description.contains("would come after itself") == true)
        #expect(try desk.state(c) == nil)
    }

    @Test func `fault 36: a job that nobody publishes is not waited for forever`() throws {
        let (nobody, first) = (UUID(), try desk.add())
        let waiting = try desk.add(after(nobody))
        let patient = try desk.add(after(first))
        try desk.connection.query(
            "UPDATE queue.job SET blocked_until = now() WHERE state = 'blocked'"
        )
        try desk.queue.reap()
        #expect(try desk.failure(waiting)?.reason == .dependency)
        #expect(try desk.state(patient) == "blocked")
    }

    @Test func `fault 36: an input that nobody made fails the job when it unblocks`() throws {
        let first = try desk.add()
        let inputs = JSON.object(["dataset": .string("nowhere")])
        let id = try desk.add(after(first, more: ["inputs": inputs]))
        try finish()
        #expect(try desk.failure(id)?.reason == .invalid)
        #expect(try desk.failure(id)?.message.contains("nowhere") == true)
    }

    /// The first ends while the second comes: whoever is first, nothing stays blocked.
    @Test func `fault 36: a dependency that is sealed during the intake of its dependent`() throws {
        for round in 0..<200 {
            _ = try desk.add()
            let job = try #require(try desk.claim())
            let (conninfo, outcome) = (desk.conninfo, Thread.Outcome())
            Thread.detachNewThread {
                outcome.end(
                    with: Result {
                        let queue = JobQueue(try Connection(conninfo))
                        try queue.complete(job, outputs: [FaultDesk.output("model", "\(round)")])
                    }
                )
            }
            // A connection takes about a millisecond.
            if round % 2 == 0 { Thread.sleep(forTimeInterval: Double(round) / 50_000) }
            let id = try desk.add(after(job.claim.job))
            try outcome.wait()
            #expect(try desk.state(id) == "queued", "round \(round)")
            #expect(try desk.queue.cancel(id) == .cancelled)
        }
    }
}
