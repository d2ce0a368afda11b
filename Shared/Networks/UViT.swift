public import Jobs
public import Tensors

/// The Residual U-ViT of Simpler Diffusion (Hoogeboom et al. 2025, arXiv:2410.19324).
///
/// One skip a level, in residual form: with the level's inner network F, down-sampling D and
/// up-sampling U, the level returns h + U(F(D(h)) − D(h)), so it begins as the identity.
public struct UViT {
    private let stem: Convolution
    private let noiseEmbedding: NoiseEmbedding
    private let classEmbedding: Tensor  // [classes + 1, E]; the last row stands for no class
    private let levels: [Level]
    private let middlePosition: Tensor
    private let middle: Stage
    private let outNorm: GroupNorm
    private let out: Unpatch

    /// The index that stands for no class.
    public let nullClass: Int

    /// Makes the network's tensors in `scope`, for square images of `resolution` pixels.
    ///
    /// - Precondition: `resolution` can be divided by the patch and halved once a level.
    public init(
        _ scope: Parameters.Scope,
        spec: NetworkSpec,
        resolution: Int,
        classes: Int,
        channels: Int = 3
    ) {
        precondition(UViT.fits(spec, resolution: resolution), "the resolution does not fit")
        let widths = spec.widths
        stem = Convolution(
            scope / "stem",
            channels,
            widths[0],
            size: spec.patch,
            stride: spec.patch
        )
        noiseEmbedding = NoiseEmbedding(scope / "noise", width: spec.embedding)
        classEmbedding = (scope / "class").normal(
            "embedding",
            [classes + 1, spec.embedding],
            deviation: 1
        )
        levels = spec.levels.indices.map { index in
            Level(
                scope / "levels" / index,
                index: index,
                side: (resolution / spec.patch) >> index,
                spec: spec
            )
        }
        let (width, side) = (widths[levels.count], (resolution / spec.patch) >> levels.count)
        middlePosition = (scope / "middle").normal(
            "position",
            [1, width, side, side],
            deviation: 0.01
        )
        middle = Stage(
            scope / "middle",
            .transformer,
            count: spec.middleBlocks,
            width: width,
            dropout: spec.dropout[levels.count],
            spec: spec
        )
        outNorm = GroupNorm(scope / "out_norm", widths[0])
        out = Unpatch(scope / "out", widths[0], channels, patch: spec.patch)
        nullClass = classes
    }

    /// Whether images of `resolution` pixels can pass through the levels of `spec`.
    public static func fits(_ spec: NetworkSpec, resolution: Int) -> Bool {
        resolution % (spec.patch << spec.levels.count) == 0
    }

    /// The velocity that the network predicts.
    ///
    /// - Parameters:
    ///   - noised: `[B, channels, resolution, resolution]`, float32.
    ///   - logSNR: `[B]`.
    ///   - labels: `[B]`, int64, `nullClass` for none.
    ///   - dropout: where dropout draws from in training; nil for none.
    /// - Returns: `[B, channels, resolution, resolution]`, float32.
    public func callAsFunction(
        _ noised: Tensor,
        logSNR: Tensor,
        labels: Tensor,
        dropout: Generator? = nil
    ) -> Tensor {
        let embedding = noiseEmbedding(logSNR) + classEmbedding.embedding(labels)
        let context = Context(embedding: embedding, dropout: dropout)
        let h = pass(stem(noised), level: 0, context)
        return out(outNorm(h).silu()).to(.float32)
    }

    private func pass(_ x: Tensor, level index: Int, _ context: Context) -> Tensor {
        guard index < levels.count else { return middle(x + middlePosition, context) }
        let level = levels[index]
        let h = level.down(level.placed(x), context)
        let below = level.shrink(h)
        let change = pass(below, level: index + 1, context) - below
        return level.up(h + level.grow(change), context)
    }
}

/// The blocks of one resolution on the way down and up, and the way to the next one.
private struct Level {
    let position: Tensor?
    let down: Stage
    let up: Stage
    private let shrinkWidth: Convolution
    private let growWidth: Convolution

    init(_ scope: Parameters.Scope, index: Int, side: Int, spec: NetworkSpec) {
        let (width, below) = (spec.widths[index], spec.widths[index + 1])
        position =
            spec.levels[index] == .transformer
            ? scope.normal("position", [1, width, side, side], deviation: 0.01) : nil
        let stage = { (name: String) in
            Stage(
                scope / name,
                spec.levels[index],
                count: spec.blocks[index],
                width: width,
                dropout: spec.dropout[index],
                spec: spec
            )
        }
        down = stage("down")
        shrinkWidth = Convolution(scope / "shrink", width, below, size: 1)
        growWidth = Convolution(scope / "grow", below, width, size: 1)
        up = stage("up")
    }

    /// `x` with the learned place of each position added, where the level has one.
    func placed(_ x: Tensor) -> Tensor { position.map { x + $0 } ?? x }

    func shrink(_ x: Tensor) -> Tensor { shrinkWidth(x.averagePooled(2)) }
    func grow(_ x: Tensor) -> Tensor { growWidth(x).upsampledNearest(2) }
}

/// logSNR as a vector: its place on the cosine schedule, as sines and cosines, through two layers.
private struct NoiseEmbedding {
    private let (first, second): (Linear, Linear)
    private let width: Int

    init(_ scope: Parameters.Scope, width: Int) {
        (first, second) = (Linear(scope / "0", width, width), Linear(scope / "1", width, width))
        self.width = width
    }

    func callAsFunction(_ logSNR: Tensor) -> Tensor {
        let half = width / 2
        let time = (logSNR * -0.5).exp().arctangent() * (2000 / Double.pi)  // 0 … 1000
        let rates = (Tensor.range(half).to(on: logSNR.device) * (-9.210_340_372 / Double(half)))
            .exp()
        let angles = time.unsqueezed(1) * rates.unsqueezed(0)
        return second(first(.concatenated([angles.sin(), angles.cos()], axis: 1)).silu())
    }
}
