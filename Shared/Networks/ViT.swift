public import Jobs
public import Tensors

/// A small vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929) with normalised queries
/// and keys and mean pooling: feature extractor and judge.
public struct ViT {
    private let stem: Convolution
    private let position: Tensor  // [1, tokens, width]
    private let blocks: [Block]
    private let norm: LayerNorm
    private let head: Linear

    /// Makes the network's tensors in `scope`.
    ///
    /// - Precondition: the patch divides `resolution`.
    public init(_ scope: Parameters.Scope, spec: ClassifierSpec, resolution: Int, classes: Int) {
        let side = resolution / spec.patch
        stem = Convolution(scope / "stem", 3, spec.width, size: spec.patch, stride: spec.patch)
        position = scope.normal("position", [1, side * side, spec.width], deviation: 0.02)
        blocks = (0..<spec.depth).map {
            Block(scope / "blocks" / $0, width: spec.width, head: spec.headWidth)
        }
        norm = LayerNorm(scope / "norm", spec.width)
        head = Linear(scope / "head", spec.width, classes)
    }

    /// The token maps `[B, tokens, width]` after each block, of images `[B, 3, side, side]` in
    /// [−1, 1].
    public func stages(_ images: Tensor) -> [Tensor] {
        let patches = stem(images)
        let shape = patches.shape
        var x =
            patches.reshaped([shape[0], shape[1], shape[2] * shape[3]]).transposed(1, 2) + position
        return blocks.map { block in
            x = block(x)
            return x
        }
    }

    /// The pooled features `[B, width]` of the last of `stages`.
    public func features(_ stages: [Tensor]) -> Tensor {
        norm(stages[stages.count - 1]).mean([1])
    }

    /// The logits `[B, classes]` of `features`.
    public func logits(_ features: Tensor) -> Tensor { head(features).to(.float32) }

    /// The logits `[B, classes]` of images.
    public func callAsFunction(_ images: Tensor) -> Tensor { logits(features(stages(images))) }
}

/// Pre-norm attention, then a perceptron.
private struct Block {
    private let attention: Attention
    private let norm: LayerNorm
    private let (up, down): (Linear, Linear)

    init(_ scope: Parameters.Scope, width: Int, head: Int) {
        attention = Attention(scope / "attention", width: width, head: head)
        norm = LayerNorm(scope / "norm", width)
        up = Linear(scope / "up", width, 4 * width)
        down = Linear(scope / "down", 4 * width, width, .zero)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let h = x + attention(x)
        return h + down(up(norm(h)).gelu())
    }
}
