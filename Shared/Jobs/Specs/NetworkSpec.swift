/// The U-ViT of Simpler Diffusion (arXiv:2410.19324): levels of residual or transformer blocks,
/// one residual skip a level, a plain transformer in the middle.
public struct NetworkSpec: Codable, Equatable, Sendable {
    public enum Level: String, Choice {
        case residual, transformer
    }

    /// Side of the square of pixels that one position of the first level stands for.
    public var patch = 1
    /// Channels of each level, the middle last.
    public var widths = [64, 128, 256]
    /// The kind of each level above the middle; the middle is always a transformer.
    public var levels: [Level] = [.residual, .transformer]
    /// Blocks on the way down, and again on the way up, of each level above the middle.
    public var blocks = [2, 1]
    public var middleBlocks = 6
    /// Width of the embedding of noise level and class.
    public var embedding = 256
    /// Channels of one attention head.
    public var headWidth = 64
    /// Dropout rate of each level, the middle last.
    public var dropout = [0.0, 0.0, 0.0]

    public init() {}

    func problems() -> Problems {
        var problems = Problems()
        problems.require("patch", patch, in: 1...64)
        problems.require(
            (1...8).contains(widths.count),
            "widths",
            widths,
            "a list of 1 to 8 channel counts"
        )
        problems.require(
            levels.count == widths.count - 1,
            "levels",
            levels.map(\.rawValue),
            "one kind fewer than widths, which has \(widths.count)"
        )
        problems.require(
            blocks.count == levels.count,
            "blocks",
            blocks,
            "one count for each of the \(levels.count) levels"
        )
        problems.require(
            dropout.count == widths.count && dropout.allSatisfy { (0..<1).contains($0) },
            "dropout",
            dropout,
            "one rate from 0 up to 1 for each of the \(widths.count) widths"
        )
        problems.require(
            widths.allSatisfy { $0 >= 8 && $0 <= 8192 && $0 % 8 == 0 },
            "widths",
            widths,
            "multiples of 8 up to 8192"
        )
        problems.require(
            blocks.allSatisfy { (1...64).contains($0) },
            "blocks",
            blocks,
            "from 1 to 64"
        )
        problems.require("middle_blocks", middleBlocks, in: 1...128)
        problems.require(
            (16...8192).contains(embedding) && embedding % 2 == 0,
            "embedding",
            embedding,
            "an even number from 16 to 8192"
        )
        problems.require("head_width", headWidth, in: 8...512)
        for (width, kind) in zip(widths, levels + [.transformer])
        where kind == .transformer && headWidth > 0 {
            problems.require(
                width % headWidth == 0,
                "head_width",
                headWidth,
                "a divisor of the transformer width \(width)"
            )
        }
        return problems
    }
}
