import Checkpoints
import Datasets
import Foundation
import Jobs
import Randomness
import Statistics
import Store
import Tensors
import Training

func benchmarkTensorCall() throws {
    let x = Tensor.zeros([1])
    let calls = 100_000
    let time = try seconds(5) { try checked { for _ in 0..<calls { _ = x + 1 } } }
    report("tensor_call", ["microseconds": .double(time / Double(calls) * 1e6)])
}

/// The network that Tests/Benchmarks/peer builds too: 32 × 32 pixels, batch 64.
func benchmarkSpec(_ precision: Precision) -> DiffusionSpec {
    var spec = DiffusionSpec()
    spec.network.patch = 2
    spec.network.widths = [64, 128, 256]
    spec.work = WorkSpec(steps: 1_000, batchSize: 64)
    spec.work.precision = precision
    return spec
}

func benchmarkTrainingStep() throws {
    let dataset = Shapes.dataset(count: 512, resolution: 32, seed: 1)
    for threads in [1, 2] {
        for precision in [Precision.fp32, .bf16] {
            Engine.threads = threads
            var training = try DiffusionTraining(benchmarkSpec(precision), dataset)
            var step = 0
            let time = try seconds(7) {
                _ = try training.step(step)
                step += 1
            }
            report(
                "training_step",
                [
                    "seconds": .double(time), "threads": .int(threads),
                    "precision": .string(precision.rawValue),
                ]
            )
        }
    }
}

func benchmarkSampling() throws {
    for precision in [Precision.fp32, .bf16] {
        Engine.threads = 2
        let dataset = Shapes.dataset(count: 64, resolution: 32, seed: 1)
        let model = try benchmarkModel(dataset, precision)
        let spec = SamplerSpec(kind: .ddim, steps: 8)
        let time = try seconds(3) {
            _ = try model.sample(spec, labels: dataset.labels, seed: 0, indices: Array(0..<64))
        }
        report(
            "sampling",
            [
                "seconds": .double(time), "threads": .int(2),
                "precision": .string(precision.rawValue),
            ]
        )
    }
}

func benchmarkModel(_ dataset: Dataset, _ precision: Precision) throws -> DiffusionModel {
    var configuration = Checkpoint.Configuration(
        architecture: .uvit,
        resolution: dataset.resolution,
        classes: dataset.classes
    )
    configuration.network = benchmarkSpec(precision).network
    configuration.schedule = ScheduleSpec()
    return try DiffusionModel(configuration, seed: 0, plan: ComputePlan(precision))
}

/// Two sets of 10,000 features of width 512.
func benchmarkFrechet() throws {
    let draws = { (key: UInt64) in
        Philox(key: key).normals(10_000 * 512, stream: 0).map(Double.init)
    }
    let (a, b) = (draws(1), draws(2))
    Matrix.setThreads(2)
    var distance = 0.0
    let time = try seconds(3) {
        var (first, second) = (Moments(width: 512), Moments(width: 512))
        first.add(a)
        second.add(b)
        distance = try frechetDistance(first, second)
    }
    report("frechet_10000x512", ["seconds": .double(time), "distance": .double(distance)])
}

/// 64 MiB of float32.
func benchmarkSafeTensors() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let tensors = Dictionary(
        uniqueKeysWithValues: (0..<16).map { ("t\($0)", Tensor.zeros([1 << 20])) }
    )
    let write = try seconds(3) {
        try? FileManager.default.removeItem(at: file)
        try SafeTensors.write(tensors, to: file)
    }
    let read = try seconds(3) { _ = try SafeTensors.read(Data(contentsOf: file)) }
    report("safetensors_64mib", ["write_seconds": .double(write), "read_seconds": .double(read)])
}
