import Foundation
import Jobs
import Tensors

/// Prints one JSON line for each benchmark; names on the command line choose among them. After
/// `claims`, they choose among the papers' claims.
@main
struct Benchmarks {
    static let all: [(name: String, run: @Sendable () throws -> Void)] = [
        ("tensor_call", benchmarkTensorCall),
        ("training_step", benchmarkTrainingStep),
        ("sampling", benchmarkSampling),
        ("start", benchmarkStart),
        ("peak_memory", benchmarkPeakMemory),
        ("frechet", benchmarkFrechet),
        ("safetensors", benchmarkSafeTensors),
        ("queue", benchmarkQueue),
        ("queue_start", benchmarkQueueStart),
        ("queue_burst", benchmarkQueueBurst),
        ("ledger", benchmarkLedger),
    ]

    static func main() {
        do {
            try run()
        } catch {
            FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() throws {
        let chosen = CommandLine.arguments.dropFirst()
        if chosen.first == "claims" { return try testClaims(Array(chosen.dropFirst())) }
        let names = all.map(\.name)
        if let wrong = chosen.first(where: { !names.contains($0) }) {
            print("benchmarks: there is no '\(wrong)'; there are \(names.joined(separator: ", "))")
            exit(2)
        }
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

/// One line with the day and the machine.
func report(_ name: String, _ values: [String: JSON]) {
    let day = Date.now.formatted(.iso8601.year().month().day())
    let common: [String: JSON] = [
        "benchmark": .string(name), "date": .string(day), "machine": .string(machine),
        "torch": .string(Engine.version),
    ]
    let line = JSON.object(values.merging(common) { own, _ in own })
    // At once, through a pipe too.
    FileHandle.standardOutput.write(line.canonical + [0x0A])
}

private let machine: String = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    return "\(name), \(ProcessInfo.processInfo.processorCount) cores, \(Engine.instructions)"
}()
