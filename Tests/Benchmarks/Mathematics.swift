import Checkpoints
import Foundation
import Jobs
import Randomness
import Statistics
import Tensors

func benchmarkTensorCall() throws {
    let x = Tensor.zeros([1])
    let calls = 100_000
    let time = try seconds(5) { try checked { for _ in 0..<calls { _ = x + 1 } } }
    report("tensor_call", ["microseconds": .double(time / Double(calls) * 1e6)])
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
