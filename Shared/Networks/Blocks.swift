import Tensors

/// What every block of one forward pass shares.
struct Context {
    /// The embedding of noise level and class, `[B, E]`.
    let embedding: Tensor
    /// Where dropout draws from; nil leaves dropout out.
    let dropout: Generator?

    func drop(_ x: Tensor, _ rate: Double) -> Tensor {
        dropout.map { x.dropout(rate, using: $0) } ?? x
    }
}

/// Two convolutions around a modulated group norm: the residual block of simple diffusion
/// (arXiv:2301.11093). Shapes: `[B, width, H, W]` → the same.
struct ResidualBlock {
    private let firstNorm: GroupNorm
    private let first: Convolution
    private let secondNorm: GroupNorm
    private let modulation: Modulation
    private let second: Convolution
    private let dropout: Double

    init(_ scope: Parameters.Scope, width: Int, embedding: Int, dropout: Double) {
        firstNorm = GroupNorm(scope / "norm1", width)
        first = Convolution(scope / "conv1", width, width, size: 3)
        modulation = Modulation(scope / "modulation", embedding: embedding, width: width)
        secondNorm = GroupNorm(scope / "norm2", width)
        second = Convolution(scope / "conv2", width, width, size: 3, .zero)
        self.dropout = dropout
    }

    func callAsFunction(_ x: Tensor, _ context: Context) -> Tensor {
        let h = first(firstNorm(x).silu())
        let modulated = modulation(secondNorm(h), context.embedding).silu()
        return x + second(context.drop(modulated, dropout))
    }
}

/// A modulated perceptron, then attention: the transformer block of simple diffusion
/// (arXiv:2301.11093). Shapes: `[B, tokens, width]` → the same.
struct TransformerBlock {
    private let mlpNorm: LayerNorm
    private let up: Linear
    private let modulation: Modulation
    private let down: Linear
    private let attention: Attention
    private let dropout: Double

    init(_ scope: Parameters.Scope, width: Int, spec: (embedding: Int, head: Int), dropout: Double)
    {
        mlpNorm = LayerNorm(scope / "norm", width)
        up = Linear(scope / "up", width, 4 * width)
        modulation = Modulation(scope / "modulation", embedding: spec.embedding, width: 4 * width)
        down = Linear(scope / "down", 4 * width, width, .zero)
        attention = Attention(scope / "attention", width: width, head: spec.head)
        self.dropout = dropout
    }

    func callAsFunction(_ x: Tensor, _ context: Context) -> Tensor {
        let hidden = modulation(up(mlpNorm(x)).silu(), context.embedding)
        let h = x + down(context.drop(hidden, dropout))
        return h + attention(h)
    }
}

/// Pre-norm self-attention whose queries and keys are normalised by head, as in ViT-22B
/// (arXiv:2302.05442, section 2). Shapes: `[B, tokens, width]` → the same, to be added.
struct Attention {
    private let norm: LayerNorm
    private let project: Linear
    private let (queryNorm, keyNorm): (LayerNorm, LayerNorm)
    private let out: Linear
    private let head: Int

    init(_ scope: Parameters.Scope, width: Int, head: Int) {
        norm = LayerNorm(scope / "norm", width)
        project = Linear(scope / "qkv", width, 3 * width)
        queryNorm = LayerNorm(scope / "query_norm", head, bias: false)
        keyNorm = LayerNorm(scope / "key_norm", head, bias: false)
        out = Linear(scope / "out", width, width, .zero)
        self.head = head
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (batch, tokens, width) = (x.size(0), x.size(1), x.size(2))
        let parts = project(norm(x)).chunks(3, axis: 2).map {
            $0.reshaped([batch, tokens, width / head, head]).transposed(1, 2)
        }
        let mixed = attend(queryNorm(parts[0]), keyNorm(parts[1]), parts[2])
        return out(mixed.transposed(1, 2).reshaped([batch, tokens, width]))
    }

    /// In float32 on a CPU: its gradient in bf16 took five times as long there (libtorch 2.13).
    private func attend(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
        guard q.device == .cpu else { return .attention(q, k, v) }
        return withoutAutocast(on: .cpu) {
            .attention(q.to(.float32), k.to(.float32), v.to(.float32))
        }
    }
}
