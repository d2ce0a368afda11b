import Datasets
import Foundation
import Jobs
import Lifecycle
import Synchronization
import Tensors
import Testing
import Training

/// What each of `size` ranks, one a thread, makes of `body`.
func ranks<Value: Sendable>(
    _ size: Int,
    tokens: [String]? = nil,
    seconds: Double = 30,
    _ body: @escaping @Sendable (Gang) throws -> Value
) throws -> [Result<Value, any Error>] {
    let port = try freePort()
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    let done = DispatchGroup()
    for rank in 0..<size {
        done.enter()
        Thread.detachNewThread {
            let result = Result {
                let gang = try Gang(
                    rank: rank,
                    size: size,
                    host: "127.0.0.1",
                    port: port,
                    own: "127.0.0.1",
                    token: tokens?[rank] ?? "t",
                    seconds: seconds
                )
                return try body(gang)
            }
            results.withLock { $0[rank] = result }
            done.leave()
        }
    }
    done.wait()
    return results.withLock { all in (0..<size).compactMap { all[$0] } }
}

@Suite(.serialized, .timeLimit(.minutes(3))) struct GangTests {
    @Test func `a sum over ranks is theirs, in every tensor`() throws {
        let sums = try ranks(3) { gang in
            let tensors = [Tensor([Float(gang.rank), 1], [2]), Tensor([10.0 as Float], [1, 1])]
            try gang.sum(tensors)
            return tensors.map(\.floats)
        }
        for sum in sums { #expect(try sum.get() == [[3, 3], [30]]) }
    }

    /// The two draw the same batch and take half of it each.
    @Test(arguments: [2, 3])
    func `ranks together train as one rank does with the same batches`(size: Int) throws {
        Engine.threads = 1
        let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)
        var spec = tinySpec(.fp32, steps: 1)
        spec.network.dropout = [0, 0]
        let fixed = spec
        let alone = try moments(spec, dataset, Division())
        let gang = try ranks(size) { gang in
            Engine.threads = 1
            return try moments(fixed, dataset, Division(gang: gang)).mapValues(\.doubles)
        }
        let found = try gang.map { try $0.get() }
        #expect(found.allSatisfy { $0 == found[0] })
        let tensors = found[0].mapValues { Tensor($0, [$0.count]) }
        let distance = try distance(alone, tensors)
        print("\(size) ranks: gradients differ by \(distance) of the largest")
        #expect(distance < 1e-6)
    }

    /// A rank of a former meeting knows its token, and not this one's.
    @Test func `ranks with different tokens do not meet`() throws {
        let results = try ranks(2, tokens: ["now", "before"], seconds: 3) { _ in true }
        for result in results { #expect(throws: TensorError.self) { try result.get() } }
    }

    @Test func `a rank that is gone fails the sum of the others`() throws {
        let results = try ranks(2, seconds: 5) { gang in
            if gang.rank == 1 { return }
            try gang.sum([Tensor([1.0 as Float], [1])])
        }
        #expect(throws: TensorError.self) { try results[0].get() }
        #expect(throws: Never.self) { try results[1].get() }
    }

    @Test func `one rank that is asked to stop stops all at the same step`() throws {
        let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)
        let spec = tinySpec(.fp32, steps: 6)
        let stops = try ranks(2) { gang in
            let division = Division(gang: gang)
            var training = try DiffusionTraining(spec, dataset, division: division)
            for step in 0..<6 {
                division.shouldStop = { gang.rank == 1 && step >= 2 }
                _ = try training.step(step)
                if division.isStopAgreed { return step }
            }
            return 6
        }
        #expect(try stops.map { try $0.get() } == [2, 2])
    }
}
