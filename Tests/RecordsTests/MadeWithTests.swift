import Exports
import Foundation
import Jobs
import Records
import Testing

/// What a run's worker was, as far as the ledger can know it.
@Suite(.timeLimit(.minutes(2)))
struct MadeWithTests {
    private let desk: Desk
    private let build = WorkerBuild(
        code: Digest(of: Data("program".utf8)),
        environment: .object([
            "libraries": .object(["lib_a.so.1": .string(String(repeating: "5", count: 64))]),
            "machine": .string("x86_64"), "system": .string("Debian"),
        ])
    )

    init() throws { desk = try Desk() }

    /// A run by a worker that has a device of this class.
    private func make(_ name: String, on device: String) throws {
        let offer = JobOptions.Resources(deviceClass: device)
        let owner = UUID()
        try desk.queue.enlist(owner, .train, offer: offer, build: build)
        try desk.submit(Desk.request(.train, name: name))
        let job = try #require(
            try desk.queue.claim([.train], owner: owner, lease: 60, offer: offer)
        )
        try desk.queue.complete(job, outputs: [Desk.output(content: name)])
    }

    private func madeWith(_ name: String) throws -> Provenance.MadeWith? {
        try Provenance(desk.ledger.provenance(of: name)).madeWith
    }

    @Test func `a run tells its worker's device and libraries`() throws {
        try make("first", on: "cuda")
        let first = try madeWith("first")
        #expect(first?.deviceClass == "cuda" && first?.deterministic == false)
        #expect(first?.environment == build.environment)
        // Of two that are the same but for the device nobody knows which it was.
        try make("second", on: "cpu")
        #expect(try madeWith("second")?.deviceClass == nil)
        #expect(try madeWith("second")?.deterministic == true)
        #expect(try madeWith("first") == first)
    }

    @Test func `a worker that did not say what it is has no device`() throws {
        try desk.make(.train, "unknown")
        let unknown = try madeWith("unknown")
        #expect(unknown?.deviceClass == nil && unknown?.environment == nil)
    }
}
