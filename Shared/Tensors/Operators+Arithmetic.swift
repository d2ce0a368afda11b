private enum Op {
    static let add = Operator("add.Tensor")
    static let addScalar = Operator("add.Scalar")
    static let subtract = Operator("sub.Tensor")
    static let subtractScalar = Operator("sub.Scalar")
    static let reverseSubtract = Operator("rsub.Scalar")
    static let multiply = Operator("mul.Tensor")
    static let multiplyScalar = Operator("mul.Scalar")
    static let divide = Operator("div.Tensor")
    static let divideScalar = Operator("div.Scalar")
    static let reciprocal = Operator("reciprocal")
    static let negative = Operator("neg")
    static let square = Operator("square")
    static let squareRoot = Operator("sqrt")
    static let exponential = Operator("exp")
    static let logarithm = Operator("log")
    static let sine = Operator("sin")
    static let cosine = Operator("cos")
    static let arctangent = Operator("atan")
    static let absolute = Operator("abs")
    static let clamp = Operator("clamp")
    static let matmul = Operator("matmul")
    static let equal = Operator("eq.Tensor")
    static let isFinite = Operator("isfinite")
    static let round = Operator("round")
}

extension Tensor {
    public static func + (a: Tensor, b: Tensor) -> Tensor { Op.add(.tensor(a), .tensor(b)) }
    public static func + (a: Tensor, b: Double) -> Tensor { Op.addScalar(.tensor(a), .number(b)) }
    public static func + (a: Double, b: Tensor) -> Tensor { b + a }
    public static func - (a: Tensor, b: Tensor) -> Tensor { Op.subtract(.tensor(a), .tensor(b)) }
    public static func - (a: Tensor, b: Double) -> Tensor {
        Op.subtractScalar(.tensor(a), .number(b))
    }
    public static func - (a: Double, b: Tensor) -> Tensor {
        Op.reverseSubtract(.tensor(b), .number(a))
    }
    public static func * (a: Tensor, b: Tensor) -> Tensor { Op.multiply(.tensor(a), .tensor(b)) }
    public static func * (a: Tensor, b: Double) -> Tensor {
        Op.multiplyScalar(.tensor(a), .number(b))
    }
    public static func * (a: Double, b: Tensor) -> Tensor { b * a }
    public static func / (a: Tensor, b: Tensor) -> Tensor { Op.divide(.tensor(a), .tensor(b)) }
    public static func / (a: Tensor, b: Double) -> Tensor {
        Op.divideScalar(.tensor(a), .number(b))
    }
    public static func / (a: Double, b: Tensor) -> Tensor { Op.reciprocal(.tensor(b)) * a }
    public static prefix func - (a: Tensor) -> Tensor { Op.negative(.tensor(a)) }

    /// The matrix product of the last two axes; leading axes broadcast.
    public func matmul(_ other: Tensor) -> Tensor { Op.matmul(.tensor(self), .tensor(other)) }

    public func squared() -> Tensor { Op.square(.tensor(self)) }
    public func squareRoot() -> Tensor { Op.squareRoot(.tensor(self)) }
    public func exp() -> Tensor { Op.exponential(.tensor(self)) }
    public func log() -> Tensor { Op.logarithm(.tensor(self)) }
    public func sin() -> Tensor { Op.sine(.tensor(self)) }
    public func cos() -> Tensor { Op.cosine(.tensor(self)) }
    public func arctangent() -> Tensor { Op.arctangent(.tensor(self)) }
    public func abs() -> Tensor { Op.absolute(.tensor(self)) }
    public func round() -> Tensor { Op.round(.tensor(self)) }

    /// Every element moved to the nearest end of `range` where it lies outside.
    public func clamped(to range: ClosedRange<Double>) -> Tensor {
        Op.clamp(.tensor(self), .number(range.lowerBound), .number(range.upperBound))
    }

    /// Element-wise equality, as booleans.
    public func equals(_ other: Tensor) -> Tensor { Op.equal(.tensor(self), .tensor(other)) }
    /// Whether every element is neither infinite nor NaN.
    public var isFinite: Bool { Op.isFinite(.tensor(self)).all().item != 0 }
}
