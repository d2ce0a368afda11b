import Tensors

/// How a layer's weights begin.
enum Initial {
    /// Deviation 1/√inputs, which keeps the variance of activations.
    case scaled
    /// A block that ends in zeros begins as the identity.
    case zero

    func weight(_ scope: Parameters.Scope, _ shape: [Int], inputs: Int) -> Tensor {
        switch self {
        case .scaled: scope.normal("weight", shape, deviation: 1 / Double(inputs).squareRoot())
        case .zero: scope.zeros("weight", shape)
        }
    }
}

/// An affine map of the last axis: `x · weightᵀ + bias`.
///
/// Shapes: `[…, inputs]` → `[…, outputs]`.
struct Linear {
    private let weight: Tensor  // [outputs, inputs]
    private let bias: Tensor  // [outputs]

    init(_ scope: Parameters.Scope, _ inputs: Int, _ outputs: Int, _ initial: Initial = .scaled) {
        weight = initial.weight(scope, [outputs, inputs], inputs: inputs)
        bias = scope.zeros("bias", [outputs])
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight, bias) }
}

/// A square convolution that keeps the size, or with a stride divides it.
///
/// Shapes: `[B, inputs, H, W]` → `[B, outputs, H / stride, W / stride]`.
struct Convolution {
    private let weight: Tensor  // [outputs, inputs, size, size]
    private let bias: Tensor
    private let (stride, padding): (Int, Int)

    init(
        _ scope: Parameters.Scope,
        _ inputs: Int,
        _ outputs: Int,
        size: Int,
        stride: Int = 1,
        _ initial: Initial = .scaled
    ) {
        weight = initial.weight(scope, [outputs, inputs, size, size], inputs: inputs * size * size)
        bias = scope.zeros("bias", [outputs])
        (self.stride, padding) = (stride, stride == 1 ? size / 2 : 0)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolved(weight, bias, stride: stride, padding: padding)
    }
}

/// The transpose of a strided convolution: each position becomes a patch.
///
/// Shapes: `[B, inputs, H, W]` → `[B, outputs, H · patch, W · patch]`.
struct Unpatch {
    private let weight: Tensor  // [inputs, outputs, patch, patch]
    private let bias: Tensor
    private let patch: Int

    init(_ scope: Parameters.Scope, _ inputs: Int, _ outputs: Int, patch: Int) {
        weight = scope.zeros("weight", [inputs, outputs, patch, patch])
        bias = scope.zeros("bias", [outputs])
        self.patch = patch
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolvedTransposed(weight, bias, stride: patch)
    }
}

/// Group normalisation with 32 groups, or fewer where a group would have less than 4 channels.
struct GroupNorm {
    private let (weight, bias): (Tensor, Tensor)
    private let groups: Int

    init(_ scope: Parameters.Scope, _ channels: Int) {
        (weight, bias) = (scope.ones("weight", [channels]), scope.zeros("bias", [channels]))
        groups = (1...32).last { channels % $0 == 0 && channels / $0 >= 4 } ?? 1
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.groupNorm(groups: groups, weight, bias, epsilon: 1e-6)
    }
}

/// Layer normalisation of the last axis.
struct LayerNorm {
    private let weight: Tensor
    private let bias: Tensor?

    init(_ scope: Parameters.Scope, _ width: Int, bias: Bool = true) {
        weight = scope.ones("weight", [width])
        self.bias = bias ? scope.zeros("bias", [width]) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x.layerNorm(weight, bias, epsilon: 1e-6) }
}

/// Feature-wise linear modulation (Perez et al. 2018, arXiv:1709.07871): (1 + scale) · x + shift,
/// both read from an embedding.
///
/// It begins as the identity, as in DiT (arXiv:2212.09748), so that classes and noise levels first
/// share what the network learns instead of each looking through a random filter of its own.
struct Modulation {
    private let dense: Linear

    init(_ scope: Parameters.Scope, embedding: Int, width: Int) {
        dense = Linear(scope, embedding, 2 * width, .zero)
    }

    /// `x` is `[B, width, H, W]` or `[B, tokens, width]`; `embedding` is `[B, E]`.
    func callAsFunction(_ x: Tensor, _ embedding: Tensor) -> Tensor {
        let parts = dense(embedding).chunks(2, axis: 1)
        let isImage = x.rank == 4
        let shape = isImage ? [parts[0].size(0), -1, 1, 1] : [parts[0].size(0), 1, -1]
        return x * (parts[0].reshaped(shape) + 1) + parts[1].reshaped(shape)
    }
}
