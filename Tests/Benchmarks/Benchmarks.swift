import Foundation
import Jobs
import Tensors

/// Prints one JSON line for each benchmark; names on the command line choose among them.
@main
struct Benchmarks {
    static let all: [(name: String, run: @Sendable () throws -> Void)] = [
        ("tensor_call", benchmarkTensorCall),
        ("training_step", benchmarkTrainingStep),
        ("sampling", benchmarkSampling),
        ("frechet", benchmarkFrechet),
        ("safetensors", benchmarkSafeTensors),
        ("queue", benchmarkQueue),
    ]

    static func main() throws {
        let chosen = CommandLine.arguments.dropFirst()
        for benchmark in all where chosen.isEmpty || chosen.contains(benchmark.name) {
            try benchmark.run()
        }
    }
}

/// The median of the seconds that `body` takes, after a warm-up.
func seconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    let times = try (0..<rounds).map { _ in
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }
    return times.sorted()[rounds / 2]
}

/// One line with the machine and the peak memory so far.
func report(_ name: String, _ values: [String: JSON]) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let common: [String: JSON] = [
        "benchmark": .string(name), "by": .string("palimpsest"), "machine": .string(machine),
        "libtorch": .string(Engine.version), "peak_mib": .int(usage.ru_maxrss / 1024),
    ]
    let line = JSON.object(values.merging(common) { own, _ in own })
    print(String(decoding: line.canonical, as: UTF8.self))
}

private let machine: String = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    return "\(name), \(ProcessInfo.processInfo.processorCount) cores, \(Engine.instructions)"
}()
