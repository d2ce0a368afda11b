import Foundation
import Jobs
import Postgres
import Records
import Testing

/// Fault 43 in the database: who may join, who is fenced, and what is given back.
@Suite(.timeLimit(.minutes(2)))
struct GangRules {
    let desk: FaultDesk
    private let offer = JobOptions.Resources(worldSize: 64)

    init() throws { desk = try FaultDesk() }

    private func add(_ size: Int) throws -> UUID {
        try desk.add(["resources": .object(["world_size": .int(size)])])
    }

    private func claim(_ owner: UUID = UUID(), seconds: Double = 60) throws -> ClaimedJob? {
        try desk.queue.claim([.train], owner: owner, lease: seconds, offer: offer)
    }

    private func join(_ owner: UUID = UUID(), seconds: Double = 60) throws -> ClaimedJob? {
        try desk.queue.joinGang([.train], owner: owner, lease: seconds, offer: offer, host: "h")
    }

    private func open(_ job: ClaimedJob, seconds: Double = 60) throws {
        try desk.queue.openGang(job.claim, endpoint: "h:1", lease: seconds)
    }

    @Test func `fault 43: a gang is complete when all its ranks are there, and no more join`()
        throws
    {
        let owners = (0..<4).map { _ in UUID() }
        _ = try add(3)
        let zero = try #require(try claim(owners[0]))
        #expect(zero.worldSize == 3 && zero.rank == 0)
        #expect(try join(owners[1]) == nil, "nobody knows yet where to meet")
        try open(zero)
        let one = try #require(try join(owners[1]))
        #expect(one.rank == 1 && one.claim == zero.claim && one.inputs == zero.inputs)
        #expect(try desk.queue.renewGang(one, owner: owners[1], lease: 60) == .wait)
        #expect(try desk.queue.gangPlace(zero.claim) == nil)
        let two = try #require(try join(owners[2]))
        #expect(two.rank == 2)
        for (job, owner) in [(zero, owners[0]), (one, owners[1]), (two, owners[2])] {
            #expect(try desk.queue.renewGang(job, owner: owner, lease: 60) == .go)
        }
        let place = try #require(try desk.queue.gangPlace(zero.claim))
        #expect(place.endpoint == "h:1" && place.token.count == 36)
        #expect(try join(owners[3]) == nil)
    }

    @Test func `fault 43: a worker outside of gangs claims none, and one that leaves makes room`()
        throws
    {
        _ = try add(3)
        #expect(try desk.queue.claim([.train], owner: UUID(), lease: 60) == nil)
        let (silent, leaving, staying) = (UUID(), UUID(), UUID())
        try open(#require(try claim()))
        #expect(try join(silent, seconds: 0.01)?.rank == 1)
        Thread.sleep(forTimeInterval: 0.02)
        let leaves = try #require(try join(leaving))
        #expect(leaves.rank == 1)
        try desk.queue.leaveGang(leaves, owner: leaving, as: "released")
        let stays = try #require(try join(staying))
        #expect(stays.rank == 1)
        #expect(try desk.queue.renewGang(stays, owner: staying, lease: 60) == .wait)
        #expect(try join()?.rank == 2)
        #expect(try desk.queue.renewGang(stays, owner: staying, lease: 60) == .go)
    }

    @Test func `fault 43: a rank that fell silent, or failed, ends the attempt of all`() throws {
        for leaves in [true, false] {
            let (a, b) = (UUID(), UUID())
            let id = try add(2)
            let zero = try #require(try claim(a))
            try open(zero)
            let one = try #require(try join(b, seconds: leaves ? 60 : 0.05))
            if leaves {
                try desk.queue.leaveGang(one, owner: b, as: "resource", "out of memory")
            } else {
                Thread.sleep(forTimeInterval: 0.1)
                #expect(throws: Fenced.self) {
                    try desk.queue.renewGang(one, owner: b, lease: 60)
                }
            }
            #expect(try desk.queue.renewGang(zero, owner: a, lease: 60) == .gang)
            let failure = try #require(try desk.queue.gangFailure(zero.claim))
            #expect(failure.reason == (leaves ? .resource : .lost))
            #expect(failure.message.hasPrefix("rank 1: "))
            #expect(try desk.queue.fail(zero.claim, failure) == "retry_wait")
            _ = try desk.queue.cancel(id)
        }
    }

    @Test func `fault 43: a rank of an earlier epoch is fenced and knows another token`() throws {
        let (a, b) = (UUID(), UUID())
        _ = try add(2)
        let zero = try #require(try claim(a))
        try open(zero)
        let zombie = try #require(try join(b))
        let old = try #require(try desk.queue.gangPlace(zero.claim))
        try desk.queue.fail(zero.claim, JobFailure(.lost, "signal 9"))
        let again = try #require(try claim(a))
        try open(again)
        #expect(throws: Fenced.self) { try desk.queue.renewGang(zombie, owner: b, lease: 60) }
        let one = try #require(try join(UUID()))
        #expect(one.claim.epoch == 2 && one.rank == 1)
        #expect(try desk.queue.gangPlace(again.claim)?.token != old.token)
        // What it still has to say about its own epoch changes nothing in this one.
        try desk.queue.leaveGang(zombie, owner: b, as: "transient", "late")
        #expect(try desk.queue.renewGang(again, owner: a, lease: 60) == .go)
    }

    @Test func `fault 43: a gang larger than the fleet is given back, and others go on`() throws {
        try desk.connection.query(
            "ALTER TABLE queue.gang ALTER assembles_until SET DEFAULT clock_timestamp()"
        )
        let a = UUID()
        let large = try add(64)
        let small = try desk.add()
        let zero = try #require(try claim(a))
        #expect(zero.claim.job == large)
        try open(zero)
        #expect(try desk.queue.renewGang(zero, owner: a, lease: 60) == .dissolve)
        try desk.queue.dissolveGang(zero.claim, jitter: 0)
        #expect(try desk.state(large) == "queued")
        #expect(try claim(a)?.claim.job == small)
        #expect(try claim(a) == nil)
        let status = try desk.queue.status(of: large)
        #expect(status?.errors == 0 && status?.losses == 0)
    }

    /// Two gangs that each had half of the workers would wait for each other.
    @Test func `fault 43: one gang of a kind assembles at a time`() throws {
        let (first, second) = (try add(2), try add(2))
        let single = try desk.add()
        let zero = try #require(try claim())
        #expect(zero.claim.job == first)
        try open(zero)
        #expect(try claim()?.claim.job == single)
        #expect(try claim() == nil)
        _ = try #require(try join())
        #expect(try claim()?.claim.job == second)
    }

    @Test(arguments: ["0", "65", "1.5", #""two""#])
    func `a world size out of its range is refused by name`(size: String) throws {
        let resources = try JSON(parsing: Data(#"{"world_size":\#(size)}"#.utf8))
        let error = #expect(throws: SpecError.self) {
            try FaultDesk.request(["resources": resources])
        }
        #expect(error?.description.contains("world_size (1 to 64)") == true)
    }
}
