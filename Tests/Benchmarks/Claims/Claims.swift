import Foundation
import Jobs
import Statistics
import Tensors

/// The papers' claims, each by the name of its command.
let claims: [(name: String, test: @Sendable (ClaimBench) throws -> Void)] = [
    ("loss", testLossClaim),
    ("distillation", testDistillationClaim),
    ("integrity", testIntegrityClaim),
    ("unlearning", testUnlearningClaim),
]

/// Tests the claims that are named, or all: `benchmarks claims [name…]`. `benchmarks claims train
/// N…` only trains, see `trainForClaims`.
///
/// It computes with `OMP_NUM_THREADS` threads, else with one.
func testClaims(_ chosen: [String]) throws {
    let threads = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"].flatMap { Int($0) }
    Engine.threads = threads ?? 1
    Matrix.setThreads(threads ?? 1)
    let store = try ClaimStore()
    if chosen.first == "train" {
        return try trainForClaims(chosen.dropFirst().compactMap { Int($0) }, store)
    }
    for name in chosen where !claims.contains(where: { $0.name == name }) {
        let known = claims.map(\.name).joined(separator: ", ")
        FileHandle.standardError.write(Data("'\(name)' is not a claim; they are \(known)\n".utf8))
        exit(2)
    }
    let bench = try ClaimBench(store)
    for claim in claims where chosen.isEmpty || chosen.contains(claim.name) {
        try claim.test(bench)
    }
}

/// One line of a claim's numbers.
func reportClaim(_ claim: String, _ kind: String, _ values: [String: JSON]) {
    let own: [String: JSON] = [
        "line": .string(kind), "side": .int(ClaimStore.side), "threads": .int(Engine.threads),
        "at": .string(Date.now.formatted(.iso8601)),
    ]
    report("claims/" + claim, values.merging(own) { given, _ in given })
    fflush(nil)
}

/// The result of `body` with the seconds that passed and those that the processor worked.
func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, seconds: [String: JSON]) {
    let (start, worked) = (ContinuousClock.now, processorSeconds())
    let value = try body()
    let seconds: [String: JSON] = [
        "wall_seconds": .double(rounded((ContinuousClock.now - start) / .seconds(1))),
        "cpu_seconds": .double(rounded(processorSeconds() - worked)),
    ]
    return (value, seconds)
}

private func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Four decimals: more than any of these numbers is good for.
func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

extension Interval {
    /// `[value, low, high]`.
    var json: JSON { .array([value, low, high].map { .double(rounded($0)) }) }
}
