private enum Op {
    static let sum = Operator("sum")
    static let sumAxes = Operator("sum.dim_IntList")
    static let mean = Operator("mean")
    static let meanAxes = Operator("mean.dim")
    static let all = Operator("all")
    static let maximum = Operator("amax")
    static let largest = Operator("argmax")
    static let softmax = Operator("softmax.int")
    static let norm = Operator("linalg_vector_norm")
    static let crossEntropy = Operator("cross_entropy_loss")
}

extension Tensor {
    /// The sum of all elements, a scalar.
    public func sum() -> Tensor { Op.sum(.tensor(self)) }
    public func sum(_ axes: [Int], keeping: Bool = false) -> Tensor {
        Op.sumAxes(.tensor(self), .integers(axes), .flag(keeping))
    }
    /// The mean of all elements, a scalar.
    public func mean() -> Tensor { Op.mean(.tensor(self)) }
    public func mean(_ axes: [Int], keeping: Bool = false) -> Tensor {
        Op.meanAxes(.tensor(self), .integers(axes), .flag(keeping))
    }
    /// Whether all booleans hold, a scalar boolean.
    public func all() -> Tensor { Op.all(.tensor(self)) }
    public func maximum(_ axes: [Int], keeping: Bool = false) -> Tensor {
        Op.maximum(.tensor(self), .integers(axes), .flag(keeping))
    }
    /// The index of the largest element along `axis`.
    public func indexOfMaximum(_ axis: Int) -> Tensor {
        Op.largest(.tensor(self), .integer(axis))
    }
    public func softmax(_ axis: Int) -> Tensor { Op.softmax(.tensor(self), .integer(axis)) }
    /// The square root of the sum of squares of all elements.
    public func norm() -> Tensor { Op.norm(.tensor(self)) }

    /// The mean cross entropy of logits `[batch, classes]` against int64 labels `[batch]`.
    public func crossEntropy(_ labels: Tensor) -> Tensor {
        Op.crossEntropy(.tensor(self), .tensor(labels))
    }
}
