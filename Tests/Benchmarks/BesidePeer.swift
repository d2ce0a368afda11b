import Checkpoints
import Datasets
import Foundation
import Jobs
import Tensors
import Training

/// The network and the data that both sides compute with: 32 × 32 pixels, batch 64.
private let dataset = Shapes.dataset(count: 512, resolution: 32, seed: 1)

func benchmarkSpec(_ precision: Precision, steps: Int = 1_000) -> DiffusionSpec {
    var spec = DiffusionSpec()
    spec.network.patch = 2
    spec.network.widths = [64, 128, 256]
    spec.work = WorkSpec(steps: steps, batchSize: 64)
    spec.work.precision = precision
    return spec
}

/// Calls `body` with a fresh peer that has our first weights and the images, or with nil.
func withPeer<Result>(_ body: (Peer?) throws -> Result) throws -> Result {
    guard Peer.isInstalled else { return try body(nil) }
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    var tensors = try DiffusionTraining(benchmarkSpec(.fp32), dataset).checkpoint.weights
        .prefixed("weights.")
    tensors["images"] = Tensor([UInt8](dataset.images), [dataset.count, 3, 32, 32])
    tensors["labels"] = Tensor(dataset.labels, [dataset.count])
    try SafeTensors.write(tensors, to: file)
    let peer = try Peer(file, headWidth: benchmarkSpec(.fp32).network.headWidth)
    let result = try body(peer)
    try peer.close()
    return result
}

func benchmarkTrainingStep() throws {
    try compare("training_step", "train") { precision in
        var training = try DiffusionTraining(benchmarkSpec(precision), dataset)
        var done = 0
        return {
            defer { done += 1 }
            return try training.step(done)["loss"] ?? .nan
        }
    }
}

/// 64 images in 8 steps of DDIM.
func benchmarkSampling() throws {
    try compare("sampling", "sample") { precision in
        var configuration = Checkpoint.Configuration(
            architecture: .uvit,
            resolution: dataset.resolution,
            classes: dataset.classes
        )
        configuration.network = benchmarkSpec(precision).network
        configuration.schedule = ScheduleSpec()
        let model = try DiffusionModel(configuration, seed: 0, plan: ComputePlan(precision))
        let (spec, labels) = (SamplerSpec(kind: .ddim, steps: 8), Array(dataset.labels.prefix(64)))
        return {
            try model.sample(spec, labels: labels, seed: 0, indices: Array(0..<64)).mean().item
        }
    }
}

/// Times `make`'s closure and the peer's `work` in turns, so that other load meets both alike.
private func compare(
    _ name: String,
    _ work: String,
    rounds: Int = 9,
    _ make: (Precision) throws -> () throws -> Double
) throws {
    try withPeer { peer in
        var peerFloat32: [Int: Double] = [:]
        for precision in [Precision.fp32, .bf16] {
            let own = try make(precision)
            for threads in [1, 2] {
                Engine.threads = threads
                var turns = Turns()
                for _ in 0...rounds {
                    let request = Peer.Request(do: work, precision: precision, threads: threads)
                    try turns.take(own, beside: peer, request)
                }
                var values = turns.values
                values["precision"] = .string(precision.rawValue)
                values["threads"] = .int(threads)
                if precision == .fp32, peer != nil {
                    peerFloat32[threads] = turns.median(\.peer)
                }
                values["ratio_to_peer_fp32"] = peerFloat32[threads].map {
                    .double($0 / turns.median(\.own))
                }
                report(name, values)
            }
        }
    }
}

/// What both sides took, turn by turn.
private struct Turns {
    private(set) var own: [Double] = []
    private(set) var peer: [Double] = []
    private(set) var ownCPU: [Double] = []
    private(set) var peerCPU: [Double] = []
    private var (ownValue, peerValue) = (0.0, 0.0)

    mutating func take(
        _ body: () throws -> Double,
        beside other: Peer?,
        _ request: Peer.Request
    ) throws {
        let (start, processor) = (ContinuousClock.now, clock())
        ownValue = try body()
        own.append((ContinuousClock.now - start) / .seconds(1))
        ownCPU.append(Double(clock() - processor) / Double(CLOCKS_PER_SEC))
        guard let answer = try other?.ask(request) else { return }
        peer += answer.seconds
        peerCPU += answer.cpuSeconds
        peerValue = answer.value
    }

    /// The median, without the first turn, which warms up.
    func median(_ times: KeyPath<Turns, [Double]>) -> Double {
        let sorted = self[keyPath: times].dropFirst().sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    var values: [String: JSON] {
        var values: [String: JSON] = [
            "seconds": .double(median(\.own)), "cpu_seconds": .double(median(\.ownCPU)),
            "value": .double(ownValue),
        ]
        guard !peer.isEmpty else { return values }
        values["peer_seconds"] = .double(median(\.peer))
        values["peer_cpu_seconds"] = .double(median(\.peerCPU))
        values["peer_value"] = .double(peerValue)
        values["ratio"] = .double(median(\.peer) / median(\.own))
        values["cpu_ratio"] = .double(median(\.peerCPU) / median(\.ownCPU))
        return values
    }
}
