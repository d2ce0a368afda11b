import Foundation
public import Jobs
public import Store
public import Tensors

/// Trained weights and everything that is needed to use them.
///
/// In the store it is `model.safetensors` and `config.json` under a manifest.
public struct Checkpoint {
    public static let format = "palimpsest.checkpoint.v1"

    /// What the weights are weights of.
    public struct Configuration: Codable, Equatable, Sendable {
        public enum Architecture: String, Codable, Sendable {
            case uvit, vit
        }

        public var architecture: Architecture
        public var resolution: Int
        public var classes: [String]
        /// Of a `uvit`.
        public var network: NetworkSpec?
        public var schedule: ScheduleSpec?
        /// k of a distilled student, which samples with exactly k ancestral steps.
        public var studentSteps: Int?
        /// Of a `vit`.
        public var classifier: ClassifierSpec?

        public init(architecture: Architecture, resolution: Int, classes: [String]) {
            (self.architecture, self.resolution) = (architecture, resolution)
            self.classes = classes
        }
    }

    public var configuration: Configuration
    public var weights: [String: Tensor]

    public init(_ configuration: Configuration, weights: [String: Tensor]) {
        (self.configuration, self.weights) = (configuration, weights)
    }

    /// Stores the checkpoint; equal weights and configuration give an equal digest.
    public func save(in store: ArtifactStore) throws -> (digest: Digest, manifest: Manifest) {
        var manifest = Manifest(format: Checkpoint.format)
        try store.add("model.safetensors", to: &manifest) {
            try SafeTensors.write(weights, to: $0)
        }
        let json = try JSON(encoding: configuration)
        try store.add("config.json", json.canonical, to: &manifest)
        manifest.info = json
        return (try store.put(manifest), manifest)
    }

    /// Reads the checkpoint whose manifest is `digest`.
    ///
    /// - Throws: `StoreError` where it is missing or damaged; `JobFailure` of class `invalid`
    ///   where its architecture is not the one that is needed.
    public init(
        _ digest: Digest,
        in store: ArtifactStore,
        needing architecture: Configuration.Architecture
    ) throws {
        let manifest = try store.manifest(digest, format: Checkpoint.format)
        configuration = try JSON(parsing: store.read("config.json", of: manifest))
            .decode(Configuration.self)
        guard configuration.architecture == architecture else {
            throw JobFailure(
                .invalid,
                "the checkpoint \(digest) is a \(configuration.architecture.rawValue); "
                    + "this job needs a \(architecture.rawValue)"
            )
        }
        weights = try SafeTensors.read(store.read("model.safetensors", of: manifest))
    }
}
