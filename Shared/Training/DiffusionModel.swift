public import Checkpoints
public import Diffusion
public import Jobs
public import Networks
public import Store
public import Tensors

/// A U-ViT with its weights, schedule and classes.
public final class DiffusionModel {
    public let configuration: Checkpoint.Configuration
    public let schedule: Schedule
    public let parameters = Parameters()
    public let plan: ComputePlan
    private let network: UViT

    /// A network with fresh weights drawn from `seed`.
    ///
    /// - Throws: `JobFailure` of class `invalid` where the levels do not fit the resolution.
    public init(_ configuration: Checkpoint.Configuration, seed: Int, plan: ComputePlan) throws {
        guard let spec = configuration.network, let schedule = configuration.schedule else {
            throw JobFailure(.permanent, "the checkpoint's configuration lacks network or schedule")
        }
        guard UViT.fits(spec, resolution: configuration.resolution) else {
            throw JobFailure(
                .invalid,
                "spec.network does not fit images of \(configuration.resolution) pixels: patch "
                    + "\(spec.patch) and \(spec.levels.count) halvings need a multiple of "
                    + "\(spec.patch << spec.levels.count)"
            )
        }
        self.configuration = configuration
        self.schedule = Schedule(schedule, resolution: configuration.resolution)
        self.plan = plan
        network = UViT(
            parameters.scope(seed: seed, on: plan.device),
            spec: spec,
            resolution: configuration.resolution,
            classes: configuration.classes.count
        )
    }

    /// The checkpoint `digest`, ready to compute.
    public convenience init(
        _ digest: Digest,
        in store: ArtifactStore,
        plan: ComputePlan
    ) throws {
        let checkpoint = try Checkpoint(digest, in: store, needing: .uvit)
        try self.init(checkpoint.configuration, seed: 0, plan: plan)
        try parameters.load(checkpoint.weights)
    }

    /// Another network of the same configuration and weights.
    public func copy() throws -> DiffusionModel {
        let copy = try DiffusionModel(configuration, seed: 0, plan: plan)
        try copy.parameters.load(parameters.named)
        return copy
    }

    public var nullClass: Int { network.nullClass }

    /// `[B, 3, resolution, resolution]` of velocity; see `UViT`.
    public func velocity(
        _ noised: Tensor,
        _ logSNR: Tensor,
        _ labels: Tensor,
        dropout: Generator? = nil
    ) -> Tensor {
        let noised = plan.channelsLast ? noised.channelsLast() : noised
        return autocast(to: plan.lowPrecision, on: plan.device) {
            network(noised, logSNR: logSNR, labels: labels, dropout: dropout)
        }
    }

    /// The model's denoiser for `labels`, one for each image of the batch, guided as `spec` says.
    public func denoiser(_ labels: [Int], _ spec: SamplerSpec) -> Denoiser {
        Diffusion.denoiser(
            labels: Tensor(labels, [labels.count]).to(on: plan.device),
            nullClass: nullClass,
            guidance: spec.guidance,
            interval: spec.guidanceInterval[0]...spec.guidanceInterval[1]
        ) { noised, logSNR, labels in self.velocity(noised, logSNR, labels) }
    }

    /// Samples `[B, 3, resolution, resolution]` in [−1, 1], one for each of `labels`; sample i
    /// starts from the noise of (seed, `indices[i]`).
    public func sample(
        _ spec: SamplerSpec,
        labels: [Int],
        seed: Int,
        indices: [Int]
    ) throws -> Tensor {
        let shape = [3, configuration.resolution, configuration.resolution]
        let noise = SampleNoise(seed: seed, indices: indices, shape: shape, on: plan.device)
        let denoiser = denoiser(labels, spec)
        return try checked { Diffusion.sample(spec, noise, schedule, with: denoiser) }
    }

    /// This configuration with `weights`, as a checkpoint.
    public func checkpoint(
        _ weights: [String: Tensor],
        studentSteps: Int? = nil
    ) -> Checkpoint {
        var configuration = configuration
        configuration.studentSteps = studentSteps ?? configuration.studentSteps
        return Checkpoint(configuration, weights: weights)
    }
}
