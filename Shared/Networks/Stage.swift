import Jobs
import Tensors

/// Blocks of one kind and width, one after the other. Shapes: `[B, width, H, W]` → the same.
struct Stage {
    private enum Blocks {
        case residual([ResidualBlock])
        case transformer([TransformerBlock])
    }

    private let blocks: Blocks

    init(
        _ scope: Parameters.Scope,
        _ kind: NetworkSpec.Level,
        count: Int,
        width: Int,
        dropout: Double,
        spec: NetworkSpec
    ) {
        switch kind {
        case .residual:
            blocks = .residual(
                (0..<count).map {
                    ResidualBlock(
                        scope / $0,
                        width: width,
                        embedding: spec.embedding,
                        dropout: dropout
                    )
                }
            )
        case .transformer:
            blocks = .transformer(
                (0..<count).map {
                    TransformerBlock(
                        scope / $0,
                        width: width,
                        spec: (spec.embedding, spec.headWidth),
                        dropout: dropout
                    )
                }
            )
        }
    }

    func callAsFunction(_ x: Tensor, _ context: Context) -> Tensor {
        switch blocks {
        case .residual(let blocks): blocks.reduce(x) { x, block in block(x, context) }
        case .transformer(let blocks): asTokens(x) { blocks.reduce($0) { x, b in b(x, context) } }
        }
    }
}

/// Runs `body` on the positions of an image as tokens `[B, H · W, C]`.
private func asTokens(_ x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    let shape = x.shape
    let tokens = x.reshaped([shape[0], shape[1], shape[2] * shape[3]]).transposed(1, 2)
    return body(tokens).transposed(1, 2).reshaped(shape)
}
