private enum Op {
    static let normal = Operator("normal_")
    static let uniform = Operator("uniform_")
    static let integers = Operator("random_.from")
}

extension Tensor {
    /// Independent draws from N(0, 1), float32, on the CPU.
    public static func normal(_ shape: [Int], using generator: Generator) -> Tensor {
        Op.normal(.tensor(.zeros(shape)), .number(0), .number(1), .generator(generator))
    }

    /// Independent draws from U[0, 1), float32, on the CPU.
    public static func uniform(_ shape: [Int], using generator: Generator) -> Tensor {
        Op.uniform(.tensor(.zeros(shape)), .number(0), .number(1), .generator(generator))
    }

    /// Independent draws from 0 ..< `bound`, int64, on the CPU.
    public static func integers(
        below bound: Int,
        _ shape: [Int],
        using generator: Generator
    ) -> Tensor {
        Op.integers(
            .tensor(.zeros(shape, .int64)),
            .integer(0),
            .integer(bound),
            .generator(generator)
        )
    }
}
