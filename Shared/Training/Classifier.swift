public import Checkpoints
public import Jobs
import Networks
public import Store
public import Tensors

/// A small ViT with its weights: it judges samples and gives the features of distances.
public final class Classifier {
    public let configuration: Checkpoint.Configuration
    let parameters = Parameters()
    let plan: ComputePlan
    private let network: ViT

    /// A network with fresh weights drawn from `seed`.
    ///
    /// - Throws: `JobFailure` of class `invalid` where the patch does not fit the resolution.
    init(_ configuration: Checkpoint.Configuration, seed: Int, plan: ComputePlan) throws {
        guard let spec = configuration.classifier else {
            throw JobFailure(.permanent, "the checkpoint's configuration lacks the classifier")
        }
        guard configuration.resolution % spec.patch == 0 else {
            throw JobFailure(
                .invalid,
                "spec.patch is \(spec.patch), which does not divide images of "
                    + "\(configuration.resolution) pixels"
            )
        }
        (self.configuration, self.plan) = (configuration, plan)
        network = ViT(
            parameters.scope(seed: seed, on: plan.device),
            spec: spec,
            resolution: configuration.resolution,
            classes: configuration.classes.count
        )
    }

    /// The checkpoint `digest`, ready to judge in float32.
    public convenience init(_ digest: Digest, in store: ArtifactStore) throws {
        let checkpoint = try Checkpoint(digest, in: store, needing: .vit)
        try self.init(checkpoint.configuration, seed: 0, plan: ComputePlan(.fp32))
        try parameters.load(checkpoint.weights)
    }

    /// The logits `[B, classes]` of images in [−1, 1].
    func logits(_ images: Tensor) -> Tensor {
        autocast(to: plan.lowPrecision, on: plan.device) { network(images) }
    }

    /// What the classifier sees in images `[B, 3, side, side]`, without gradients: features
    /// `[B, width]`, probabilities `[B, classes]`, and the token maps `[B, tokens, width]` of each
    /// block.
    public func judge(
        _ images: Tensor
    ) throws -> (features: Tensor, probabilities: Tensor, stages: [Tensor]) {
        try checked {
            withoutGradients {
                let stages = network.stages(images.to(on: plan.device))
                let features = network.features(stages)
                return (features, network.logits(features).softmax(1), stages)
            }
        }
    }
}
