/// Trains a network from scratch on a dataset.
public enum TrainSpec: Equatable, Sendable {
    case diffusion(DiffusionSpec)
    case classifier(ClassifierSpec)
}

/// A pixel-space diffusion model that predicts velocity: simple diffusion (arXiv:2301.11093) and
/// Simpler Diffusion (arXiv:2410.19324). Input: `dataset`.
public struct DiffusionSpec: Codable, Equatable, Sendable {
    public var network = NetworkSpec()
    public var schedule = ScheduleSpec()
    public var loss = LossSpec()
    public var optimizer = OptimizerSpec()
    public var work = WorkSpec(steps: 10_000, batchSize: 64)
    /// Rate of the running average of weights that samples are drawn with.
    public var ema = 0.9999
    /// Share of examples that are trained without their label.
    public var labelDropout = 0.1
    /// Whether half of the examples are mirrored.
    public var flip = true

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.include("network", network.problems())
        problems.include("schedule", schedule.problems())
        problems.include("loss", loss.problems())
        problems.include("optimizer", optimizer.problems())
        problems.include("work", work.problems())
        problems.require("ema", ema, in: 0...0.999999)
        problems.require("label_dropout", labelDropout, in: 0...1)
        return problems
    }
}

/// A small vision transformer, used as feature extractor and judge. Input: `dataset`.
public struct ClassifierSpec: Codable, Equatable, Sendable {
    public var patch = 4
    public var width = 128
    public var depth = 4
    public var headWidth = 32
    public var optimizer = OptimizerSpec(
        learningRate: 1e-3,
        beta1: 0.9,
        warmupSteps: 50,
        decay: true
    )
    public var work = WorkSpec(steps: 1_000, batchSize: 128)
    /// Largest shift of a training image in pixels, each way.
    public var shift = 2
    public var flip = true
    /// Share of the examples that is kept aside to measure accuracy.
    public var heldOut = 0.1

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require("patch", patch, in: 1...64)
        problems.require("width", width, in: 8...8192)
        problems.require("depth", depth, in: 1...128)
        problems.require(
            headWidth >= 8 && width % max(1, headWidth) == 0,
            "head_width",
            headWidth,
            "at least 8 and a divisor of width \(width)"
        )
        problems.include("optimizer", optimizer.problems())
        problems.include("work", work.problems())
        problems.require("shift", shift, in: 0...64)
        problems.require("held_out", heldOut, in: 0.01...0.9)
        return problems
    }
}
