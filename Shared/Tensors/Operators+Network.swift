private enum Op {
    static let linear = Operator("linear")
    static let convolution = Operator("conv2d")
    static let transposedConvolution = Operator("conv_transpose2d.input")
    static let groupNorm = Operator("group_norm")
    static let layerNorm = Operator("layer_norm")
    static let attention = Operator("scaled_dot_product_attention")
    static let silu = Operator("silu")
    static let gelu = Operator("gelu")
    static let averagePool = Operator("avg_pool2d")
    static let nearest = Operator("upsample_nearest2d")
    static let embedding = Operator("embedding")
    static let bernoulli = Operator("bernoulli_.float")
}

extension Tensor {
    /// `x · weightᵀ + bias`; weight `[outputs, inputs]`, bias `[outputs]`.
    public func linear(_ weight: Tensor, _ bias: Tensor?) -> Tensor {
        Op.linear(.tensor(self), .tensor(weight), .optional(bias))
    }

    /// A 2-D convolution; weight `[outputs, inputs, height, width]`.
    public func convolved(
        _ weight: Tensor,
        _ bias: Tensor?,
        stride: Int = 1,
        padding: Int = 0
    ) -> Tensor {
        Op.convolution(
            .tensor(self),
            .tensor(weight),
            .optional(bias),
            .integers([stride, stride]),
            .integers([padding, padding])
        )
    }

    /// The transpose of a strided 2-D convolution; weight `[inputs, outputs, height, width]`.
    public func convolvedTransposed(_ weight: Tensor, _ bias: Tensor?, stride: Int) -> Tensor {
        Op.transposedConvolution(
            .tensor(self),
            .tensor(weight),
            .optional(bias),
            .integers([stride, stride])
        )
    }

    /// Group normalisation over channels (Wu & He 2018, arXiv:1803.08494).
    public func groupNorm(
        groups: Int,
        _ weight: Tensor?,
        _ bias: Tensor?,
        epsilon: Double
    ) -> Tensor {
        Op.groupNorm(
            .tensor(self),
            .integer(groups),
            .optional(weight),
            .optional(bias),
            .number(epsilon)
        )
    }

    /// Layer normalisation of the last axis (Ba et al. 2016, arXiv:1607.06450).
    public func layerNorm(_ weight: Tensor?, _ bias: Tensor?, epsilon: Double) -> Tensor {
        Op.layerNorm(
            .tensor(self),
            .integers([size(-1)]),
            .optional(weight),
            .optional(bias),
            .number(epsilon)
        )
    }

    /// softmax(q kᵀ / √width) v; all `[batch, heads, tokens, width]`.
    public static func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
        Op.attention(.tensor(q), .tensor(k), .tensor(v))
    }

    /// x · sigmoid(x), also called swish.
    public func silu() -> Tensor { Op.silu(.tensor(self)) }
    /// The exact Gaussian error linear unit.
    public func gelu() -> Tensor { Op.gelu(.tensor(self)) }

    /// The mean of each `size` × `size` block.
    public func averagePooled(_ size: Int) -> Tensor {
        Op.averagePool(.tensor(self), .integers([size, size]))
    }

    /// Each pixel repeated `factor` × `factor` times.
    public func upsampledNearest(_ factor: Int) -> Tensor {
        Op.nearest(.tensor(self), .integers([size(2) * factor, size(3) * factor]))
    }

    /// The rows of a table `[rows, width]` that int64 `indices` name.
    public func embedding(_ indices: Tensor) -> Tensor {
        Op.embedding(.tensor(self), .tensor(indices))
    }

    /// Zeroes each element with probability `rate` and scales the others by 1 / (1 − rate).
    public func dropout(_ rate: Double, using generator: Generator) -> Tensor {
        guard rate > 0 else { return self }
        let kept = Op.bernoulli(
            .tensor(.zeros(shape, dtype)),
            .number(1 - rate),
            .generator(generator)
        )
        return self * (kept.to(on: device) / (1 - rate))
    }
}
