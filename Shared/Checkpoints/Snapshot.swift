import Foundation
public import Jobs
public import Store
public import Tensors

/// The whole state of a run after some step: from it the run goes on bit for bit.
public struct Snapshot {
    public static let format = "palimpsest.snapshot.v1"

    /// Steps done.
    public var step: Int
    public var tensors: [String: Tensor]
    /// State that is no tensor, such as a dual variable.
    public var numbers: [String: Double]

    public init(step: Int, tensors: [String: Tensor], numbers: [String: Double] = [:]) {
        (self.step, self.tensors, self.numbers) = (step, tensors, numbers)
    }

    public func save(in store: ArtifactStore) throws -> (reference: SnapshotReference, bytes: Int) {
        var manifest = Manifest(format: Snapshot.format)
        try store.add("state.safetensors", to: &manifest) {
            try SafeTensors.write(tensors, to: $0)
        }
        manifest.info = try JSON(encoding: Counters(step: step, numbers: numbers))
        return (SnapshotReference(step: step, content: try store.put(manifest)), manifest.bytes)
    }

    /// Reads the snapshot that `reference` names.
    ///
    /// - Throws: `StoreError` where it is missing, damaged or of another step.
    public init(_ reference: SnapshotReference, in store: ArtifactStore) throws {
        let manifest = try store.manifest(reference.content, format: Snapshot.format)
        let counters = try manifest.info.decode(Counters.self)
        guard counters.step == reference.step else {
            throw StoreError(
                description: "the snapshot \(reference.content) is of step \(counters.step), "
                    + "not \(reference.step)"
            )
        }
        (step, numbers) = (counters.step, counters.numbers)
        tensors = try SafeTensors.read(store.read("state.safetensors", of: manifest))
    }

    private struct Counters: Codable {
        var step: Int
        var numbers: [String: Double]
    }
}
