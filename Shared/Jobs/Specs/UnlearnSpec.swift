/// Makes a checkpoint forget classes while it keeps answering everything else as before.
/// Inputs: `original`, `dataset` for the methods that train on real images, and `forget_request`,
/// the name of the request that it fulfils; without one the ledger opens a request for the job.
///
/// Saddle and OVW are our reconstructions of arXiv:2411.02068 from its abstract and a digest; the
/// paper's losses could not be read. The documentation says which parts are inferred.
public struct UnlearnSpec: Codable, Equatable, Sendable {
    public enum Method: String, Choice {
        /// Stay on retained classes, move away on forgotten ones, balanced by a dual variable.
        case saddle
        /// Answer a forgotten class as the original answers a retained one.
        case overwrite
        /// Raise the denoising loss of forgotten examples (baseline).
        case gradientAscent = "gradient_ascent"
        /// Train on retained examples only (baseline).
        case retainFinetune = "retain_finetune"
    }

    public var method: Method
    /// Names of the classes to forget.
    public var forget: [String] = []
    /// `overwrite`: the class that takes a forgotten one's place; empty draws one of the retained.
    public var target = ""
    public var optimizer = OptimizerSpec(learningRate: 5e-5, beta1: 0.9, warmupSteps: 20)
    public var work = WorkSpec(steps: 500, batchSize: 32)
    /// Images drawn from the original for each class, which stand in for its data.
    public var samplesPerClass = 128
    public var sampler = SamplerSpec()
    /// Share of retained examples whose label is dropped, so that guidance keeps its base.
    public var labelDropout = 0.15
    /// `saddle`: how much the forgotten examples' loss must rise, in units of velocity².
    public var rise = 0.3
    /// `saddle`: rate and bounds of the dual variable.
    public var dualRate = 0.05
    public var dualInitial = 1.0
    public var dualMaximum = 10.0
    /// `gradient_ascent`: weight of the denoising loss on retained examples, and the rise of the
    /// forgotten examples' loss at which ascent stops.
    public var retainWeight = 1.0
    public var ascentCap = 1.0
    /// Whether the embeddings of classes stay as they are, so forgetting must happen in the network.
    public var freezeClassEmbedding = true

    public init(method: Method) { self.method = method }

    func problems() -> Problems {
        var problems = Problems()
        problems.require(!forget.isEmpty, "forget", forget, "a list of at least one class name")
        problems.require(
            Set(forget).count == forget.count,
            "forget",
            forget,
            "a list without repetitions"
        )
        problems.require(
            target.isEmpty || !forget.contains(target),
            "target",
            target,
            "a class that is not forgotten"
        )
        problems.include("optimizer", optimizer.problems())
        problems.include("work", work.problems())
        problems.require("samples_per_class", samplesPerClass, in: 1...100_000)
        problems.include("sampler", sampler.problems())
        problems.require("label_dropout", labelDropout, in: 0...1)
        problems.require("rise", rise, in: 1e-6...1e6)
        problems.require("dual_rate", dualRate, in: 0...100)
        problems.require("dual_maximum", dualMaximum, in: 0...1e6)
        problems.require("dual_initial", dualInitial, in: 0...1e6)
        problems.require("retain_weight", retainWeight, in: 0...1e6)
        problems.require("ascent_cap", ascentCap, in: 0...1e6)
        return problems
    }
}

/// How samples are drawn.
public struct SamplerSpec: Codable, Equatable, Sendable {
    public enum Kind: String, Choice {
        /// Deterministic (arXiv:2010.02502).
        case ddim
        /// Deterministic, with the variance that `ddim` loses put back (arXiv:2403.06807).
        case addim
        /// Fresh noise in each step (arXiv:2006.11239).
        case ancestral
        /// Between `ddim` and `ancestral` by `stochasticity`.
        case mixed
    }

    public var kind = Kind.ddim
    public var steps = 32
    /// Guidance weight w of uncond + w·(cond − uncond); 1 is none.
    public var guidance = 1.0
    /// The logSNRs between which guidance acts; outside only the class is asked (arXiv:2404.07724).
    public var guidanceInterval = [-100.0, 100.0]
    /// Share g of the larger variance in ancestral steps, interpolated in the logarithm.
    public var varianceMix = 0.3
    /// `mixed`: 0 is `ddim`, 1 is `ancestral` with the smaller variance.
    public var stochasticity = 0.25

    public init() {}

    public init(kind: Kind, steps: Int, guidance: Double = 1) {
        self.kind = kind
        self.steps = steps
        self.guidance = guidance
    }

    func problems() -> Problems {
        var problems = Problems()
        problems.require("steps", steps, in: 1...4_096)
        problems.require("guidance", guidance, in: 0...20)
        problems.require(
            guidanceInterval.count == 2 && guidanceInterval.allSatisfy { abs($0) <= 100 }
                && guidanceInterval[0] < guidanceInterval[1],
            "guidance_interval",
            guidanceInterval,
            "two rising logSNRs from -100 to 100"
        )
        problems.require("variance_mix", varianceMix, in: 0...1)
        problems.require("stochasticity", stochasticity, in: 0...1)
        return problems
    }
}
