/// The element type of a tensor; raw values are libtorch's `ScalarType`.
public enum DType: Int32, Sendable {
    case uint8 = 0
    case int32 = 3
    case int64 = 4
    case float16 = 5
    case float32 = 6
    case float64 = 7
    case bool = 11
    case bfloat16 = 15

    /// Bytes of one element.
    public var bytes: Int {
        switch self {
        case .uint8, .bool: 1
        case .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }
}

/// Where a tensor lives and its kernels run.
public enum Device: Equatable, Sendable {
    case cpu
    case cuda(Int32)

    var type: Int32 {
        switch self {
        case .cpu: 0
        case .cuda: 1
        }
    }

    var index: Int32 {
        switch self {
        case .cpu: -1
        case .cuda(let index): index
        }
    }
}
