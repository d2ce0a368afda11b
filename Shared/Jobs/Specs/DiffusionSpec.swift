/// How noise grows with time: logSNR as a function of t in [0, 1].
public struct ScheduleSpec: Codable, Equatable, Sendable {
    public enum Kind: String, Choice {
        /// alpha = cos(πt/2), with logSNR clamped.
        case cosine
        /// The cosine plus 2 ln(reference / resolution): simple diffusion, arXiv:2301.11093, eq. 4-5.
        case shifted
        /// Between two shifted cosines: simple diffusion, arXiv:2301.11093, eq. 6.
        case interpolated
    }

    public var kind = Kind.cosine
    /// The smallest and largest logSNR before shifting.
    public var logSnrRange = [-10.0, 10.0]
    /// Resolution whose schedule rules the noisy end (`interpolated`), or everywhere (`shifted`).
    public var referenceLow = 32
    /// Resolution whose schedule rules the clean end of `interpolated`; 0 is the data's own.
    public var referenceHigh = 0

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require(
            logSnrRange.count == 2 && logSnrRange.allSatisfy { abs($0) <= 40 }
                && logSnrRange[0] < logSnrRange[1],
            "log_snr_range",
            logSnrRange,
            "two rising numbers from -40 to 40"
        )
        problems.require("reference_low", referenceLow, in: 1...8192)
        problems.require("reference_high", referenceHigh, in: 0...8192)
        problems.require(
            kind != .interpolated || referenceHigh == 0 || referenceLow <= 20 * referenceHigh,
            "reference_low",
            referenceLow,
            "at most 20 times reference_high \(referenceHigh), or logSNR would rise with time"
        )
        return problems
    }
}

/// What training minimises.
public struct LossSpec: Codable, Equatable, Sendable {
    public enum Kind: String, Choice {
        /// The unweighted error of the noise: simple diffusion, arXiv:2301.11093.
        case epsilon
        /// Sigmoid-weighted ELBO: Simpler Diffusion, arXiv:2410.19324, eq. 4.
        case sigmoid
    }

    public var kind = Kind.sigmoid
    /// b in sigmoid(b − logSNR). Falls with resolution: 0 at 128, −1 at 256, −3 at 512; the values
    /// below 128 (+2 at 64, +3 at 32) are our extrapolation.
    public var bias = 3.0
    /// Adds average-pooled errors down to 32 pixels (`epsilon` only; arXiv:2301.11093, section 3.2).
    public var multiscale = false

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require("bias", bias, in: -20...20)
        problems.require(
            !(multiscale && kind == .sigmoid),
            "multiscale",
            multiscale,
            "false with the sigmoid loss"
        )
        return problems
    }
}

/// AdamW with linear warm-up and clipping of the joint gradient norm.
public struct OptimizerSpec: Codable, Equatable, Sendable {
    public var learningRate = 2e-4
    public var beta1 = 0.9
    public var beta2 = 0.99
    public var epsilon = 1e-12
    public var weightDecay = 0.0
    /// Steps over which the rate rises from 0.
    public var warmupSteps = 100
    /// Whether the rate then falls linearly to 0 at the last step.
    public var decay = false
    public var clipNorm = 1.0

    public init() {}

    public init(learningRate: Double, beta1: Double, warmupSteps: Int, decay: Bool = false) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.warmupSteps = warmupSteps
        self.decay = decay
    }

    func problems() -> Problems {
        var problems = Problems()
        problems.require("learning_rate", learningRate, in: 1e-12...1)
        problems.require("beta1", beta1, in: 0...0.9999)
        problems.require("beta2", beta2, in: 0...0.99999)
        problems.require("epsilon", epsilon, in: 1e-20...1)
        problems.require("weight_decay", weightDecay, in: 0...1)
        problems.require("warmup_steps", warmupSteps, in: 0...10_000_000)
        problems.require("clip_norm", clipNorm, in: 1e-6...1e9)
        return problems
    }
}

/// The precision of matrix products and convolutions.
public enum Precision: String, Choice {
    /// bf16 where the processor has instructions for it, else fp32.
    case auto
    case fp32, bf16
}

/// How long a job runs, on what batches, and how often its state is saved.
public struct WorkSpec: Codable, Equatable, Sendable {
    public var steps: Int
    public var batchSize: Int
    public var seed = 0
    public var precision = Precision.auto
    /// Steps between snapshots; 0 for none but those the clock asks for.
    public var snapshotEverySteps = 500
    /// Seconds between snapshots.
    public var snapshotEverySeconds = 300.0

    public init(steps: Int, batchSize: Int) {
        self.steps = steps
        self.batchSize = batchSize
    }

    func problems() -> Problems {
        var problems = Problems()
        problems.require("steps", steps, in: 1...100_000_000)
        problems.require("batch_size", batchSize, in: 1...65_536)
        problems.require("seed", seed, in: 0...Int.max)
        problems.require("snapshot_every_steps", snapshotEverySteps, in: 0...100_000_000)
        problems.require("snapshot_every_seconds", snapshotEverySeconds, in: 1...86_400)
        return problems
    }
}
