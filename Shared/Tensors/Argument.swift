import CTorch

/// One argument of an `Operator`.
public enum Argument {
    case none
    case tensor(Tensor)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case integers([Int])
    case numbers([Double])
    case tensors([Tensor])
    case string(StaticString)
    case generator(Generator)
    case device(Device)

    /// A tensor, or none.
    public static func optional(_ tensor: Tensor?) -> Argument {
        tensor.map(Argument.tensor) ?? .none
    }

    /// An element type, which libtorch passes as an integer.
    public static func dtype(_ dtype: DType) -> Argument { .integer(Int(dtype.rawValue)) }
}

/// Lays `arguments` out as C values for the length of `body`.
func withCValues<Result>(
    _ arguments: [Argument],
    _ body: (UnsafeMutableBufferPointer<ct_value>) -> Result
) -> Result {
    var lists = CLists()
    for argument in arguments { lists.reserve(argument) }
    return withExtendedLifetime(arguments) {
        lists.withStorage { lists in
            withUnsafeTemporaryAllocation(of: ct_value.self, capacity: arguments.count) { values in
                for (index, argument) in arguments.enumerated() {
                    values[index] = lists.value(of: argument)
                }
                return body(values)
            }
        }
    }
}

/// The list arguments of one call, one after the other in memory of their own.
private struct CLists {
    private var integers = 0
    private var numbers = 0
    private var tensors = 0

    mutating func reserve(_ argument: Argument) {
        switch argument {
        case .integers(let list): integers += list.count
        case .numbers(let list): numbers += list.count
        case .tensors(let list): tensors += list.count
        default: break
        }
    }

    func withStorage<Result>(_ body: (inout Cursor) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: integers) { integers in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: numbers) { numbers in
                withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: tensors) {
                    var cursor = Cursor(integers: integers, numbers: numbers, tensors: $0)
                    return body(&cursor)
                }
            }
        }
    }

    struct Cursor {
        var integers: UnsafeMutableBufferPointer<Int64>
        var numbers: UnsafeMutableBufferPointer<Double>
        var tensors: UnsafeMutableBufferPointer<OpaquePointer?>

        mutating func value(of argument: Argument) -> ct_value {
            switch argument {
            case .none: plain(CT_NONE)
            case .tensor(let tensor): pointing(CT_TENSOR, tensor.handle.map { .init($0) }, 1)
            case .integer(let value): plain(CT_INTEGER, integer: Int64(value))
            case .number(let value): plain(CT_NUMBER, number: value)
            case .flag(let value): plain(CT_FLAG, integer: value ? 1 : 0)
            case .integers(let list): store(CT_INTEGERS, list.lazy.map(Int64.init), in: \.integers)
            case .numbers(let list): store(CT_NUMBERS, list, in: \.numbers)
            case .tensors(let list): store(CT_TENSORS, list.lazy.map(\.handle), in: \.tensors)
            case .string(let text): pointing(CT_STRING, .init(text.utf8Start), 1)
            case .generator(let generator): pointing(CT_GENERATOR, .init(generator.handle), 1)
            case .device(let device):
                ct_value(
                    tag: CT_DEVICE,
                    integer: Int64(device.type),
                    number: 0,
                    pointer: nil,
                    count: Int64(device.index)
                )
            }
        }

        private func plain(_ tag: ct_tag, integer: Int64 = 0, number: Double = 0) -> ct_value {
            ct_value(tag: tag, integer: integer, number: number, pointer: nil, count: 0)
        }

        private func pointing(
            _ tag: ct_tag,
            _ pointer: UnsafeRawPointer?,
            _ count: Int
        ) -> ct_value {
            ct_value(tag: tag, integer: 0, number: 0, pointer: pointer, count: Int64(count))
        }

        /// Copies `list` to the front of the free part of `memory`, which shrinks by it.
        private mutating func store<Item>(
            _ tag: ct_tag,
            _ list: some Collection<Item>,
            in memory: WritableKeyPath<Self, UnsafeMutableBufferPointer<Item>>
        ) -> ct_value {
            let free = self[keyPath: memory]
            _ = free.update(fromContentsOf: list)
            self[keyPath: memory] = .init(rebasing: free[list.count...])
            return pointing(tag, free.baseAddress.map { .init($0) }, list.count)
        }
    }
}
