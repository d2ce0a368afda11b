private enum Op {
    static let reshape = Operator("reshape")
    static let transpose = Operator("transpose.int")
    static let contiguous = Operator("contiguous")
    static let concatenate = Operator("cat")
    static let stack = Operator("stack")
    static let chunk = Operator("chunk")
    static let slice = Operator("slice.Tensor")
    static let unsqueeze = Operator("unsqueeze")
    static let expand = Operator("expand")
    static let roll = Operator("roll")
    static let zerosLike = Operator("zeros_like")
    static let clone = Operator("clone")
    static let detach = Operator("detach")
    static let full = Operator("full")
    static let range = Operator("arange")
    static let copy = Operator("copy_")
    static let zeros = Operator("zeros")
}

extension Tensor {
    /// The same elements in another shape; one length may be -1.
    public func reshaped(_ shape: [Int]) -> Tensor { Op.reshape(.tensor(self), .integers(shape)) }
    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        Op.transpose(.tensor(self), .integer(a), .integer(b))
    }
    /// The same elements with channels innermost in memory; rank 4 only.
    public func channelsLast() -> Tensor { Op.contiguous(.tensor(self), .integer(2)) }
    public func unsqueezed(_ axis: Int) -> Tensor { Op.unsqueeze(.tensor(self), .integer(axis)) }
    public func expanded(_ shape: [Int]) -> Tensor { Op.expand(.tensor(self), .integers(shape)) }

    /// The elements moved along each of `axes`, those pushed out coming in at the other end.
    public func rolled(_ shifts: [Int], axes: [Int]) -> Tensor {
        Op.roll(.tensor(self), .integers(shifts), .integers(axes))
    }

    /// `count` elements of `axis` from `start`.
    public func narrowed(_ axis: Int, from start: Int, count: Int) -> Tensor {
        Op.slice(.tensor(self), .integer(axis), .integer(start), .integer(start + count))
    }

    /// The examples of a batch in `range`; the tensor itself where that is all of them.
    public subscript(range: Range<Int>) -> Tensor {
        range.count == size(0) ? self : narrowed(0, from: range.lowerBound, count: range.count)
    }

    /// `count` equal pieces along `axis`.
    public func chunks(_ count: Int, axis: Int) -> [Tensor] {
        Op.chunk.all(.tensor(self), .integer(count), .integer(axis), room: count)
    }

    public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
        Op.concatenate(.tensors(tensors), .integer(axis))
    }
    public static func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
        Op.stack(.tensors(tensors), .integer(axis))
    }

    /// A copy that shares no memory.
    public func cloned() -> Tensor { Op.clone(.tensor(self)) }
    /// The same elements, cut off from the gradient graph.
    public func detached() -> Tensor { Op.detach(.tensor(self)) }
    public func zerosLike() -> Tensor { Op.zerosLike(.tensor(self)) }

    /// Overwrites the elements with those of `other`, of a shape that broadcasts to this one.
    public func copy(from other: Tensor) {
        withoutGradients { Op.copy.run(.tensor(self), .tensor(other)) }
    }

    public static func zeros(_ shape: [Int], _ dtype: DType = .float32) -> Tensor {
        Op.zeros(.integers(shape), .dtype(dtype))
    }
    public static func full(
        _ shape: [Int],
        _ value: Double,
        _ dtype: DType = .float32
    ) -> Tensor {
        Op.full(.integers(shape), .number(value), .dtype(dtype))
    }
    /// 0, 1, … `count` − 1.
    public static func range(_ count: Int, _ dtype: DType = .float32) -> Tensor {
        Op.range(.integer(count), .dtype(dtype))
    }
}
