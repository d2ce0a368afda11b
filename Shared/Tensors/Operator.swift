import CTorch

/// One operator of libtorch, found by name once and called through its dispatcher.
///
/// `Operator("add.Tensor")` is `aten::add` with overload `Tensor`. Arguments follow the order of
/// the operator's schema; trailing ones may be left out and take the schema's defaults.
public struct Operator: @unchecked Sendable {
    // The handle is immutable and libtorch documents dispatch as thread-safe.
    private let handle: OpaquePointer

    public init(_ name: String) {
        let parts = name.split(separator: ".", maxSplits: 1)
        let overload = parts.count > 1 ? String(parts[1]) : ""
        guard let handle = ct_find("aten::" + parts[0], overload) else {
            preconditionFailure("libtorch \(Engine.version) has no operator \(name)")
        }
        self.handle = handle
    }

    /// Calls the operator, whose result is one tensor.
    public func callAsFunction(_ arguments: Argument...) -> Tensor {
        call(arguments, room: 1)[0]
    }

    /// Calls the operator; all tensors it returns, lists flattened.
    public func all(_ arguments: Argument..., room: Int = 4) -> [Tensor] {
        call(arguments, room: room)
    }

    /// Calls an operator for its effect on its arguments.
    public func run(_ arguments: Argument...) {
        _ = call(arguments, room: 8)
    }

    private func call(_ arguments: [Argument], room: Int) -> [Tensor] {
        withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: room) { results in
            let count = withCValues(arguments) { values in
                ct_call(
                    handle,
                    values.baseAddress,
                    Int64(values.count),
                    results.baseAddress,
                    Int64(room)
                )
            }
            // After a refusal code that indexes the results must still get to the scope's end.
            guard count >= 0 else { return (0..<room).map { _ in Tensor(owning: nil) } }
            return (0..<Int(count)).map { Tensor(owning: results[$0]) }
        }
    }
}
