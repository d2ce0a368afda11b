import Datasets
import Foundation
import Jobs
import Lifecycle
import Store
import Training

/// The time from the start of a worker's child to the end of its first optimizer step.
func benchmarkStart() throws {
    var spec = DiffusionSpec()
    spec.network.patch = 2
    (spec.network.widths, spec.network.blocks) = ([32, 64, 128], [1, 1])
    (spec.network.middleBlocks, spec.network.embedding, spec.network.headWidth) = (3, 128, 32)
    spec.work = WorkSpec(steps: 1, batchSize: 32)
    let times = try (0..<7).map { _ in try trainInChild(spec).firstStep }.sorted()
    report("start_to_first_step", ["seconds": .double(times[3]), "threads": .int(2)])
}

/// The peak resident memory of a child that trains the network of `training_step`.
func benchmarkPeakMemory() throws {
    for precision in [Precision.fp32, .bf16] {
        let child = try trainInChild(benchmarkSpec(precision, steps: 4))
        let peer = try withPeer {
            try $0?.ask(.init(do: "train", precision: precision, threads: 2, count: 4)).peakMib
        }
        var values: [String: JSON] = [
            "precision": .string(precision.rawValue), "peak_mib": .int(child.peakMib),
        ]
        values["peer_peak_mib"] = peer.map { .int($0) }
        report("training_peak_memory", values)
    }
}

/// Gives `training-worker run` an assignment, as its worker would, and reads its report.
private func trainInChild(_ spec: DiffusionSpec) throws -> (firstStep: Double, peakMib: Int) {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let assignment = try assignment(spec, ArtifactStore(url: folder.absoluteString))
    let (process, input, output) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "training-worker")
    process.arguments = ["run"]
    (process.standardInput, process.standardOutput) = (input, output)
    let start = ContinuousClock.now
    try process.start()
    try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(assignment))
    try input.fileHandleForWriting.close()
    var (first, peak) = (Duration.zero, 0)
    while true {
        let report = output.fileHandleForReading.availableData
        if report.isEmpty { break }
        if first == .zero { first = ContinuousClock.now - start }
        peak = max(peak, peakMib(process.processIdentifier))
        let text = String(decoding: report, as: UTF8.self)
        if text.contains("\"failure\"") { throw JobFailure(.permanent, text) }
    }
    process.waitUntilExit()
    return (first / .seconds(1), peak)
}

/// Two threads, and 256 shapes in `store`.
private func assignment(_ spec: DiffusionSpec, _ store: ArtifactStore) throws -> Assignment {
    let digest = try Shapes.dataset(count: 256, resolution: 32, seed: 1).save(in: store).digest
    return Assignment(
        job: UUID(),
        epoch: 1,
        attempt: 1,
        kind: .train,
        spec: try JobSpec.train(.diffusion(spec)).json,
        inputs: [
            PinnedInput(role: "dataset", artifact: digest, content: digest, kind: "dataset")
        ],
        store: store.url,
        snapshots: [],
        threads: 2
    )
}

/// The most memory that the process has had so far; 0 where it has gone.
func peakMib(_ process: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
}
