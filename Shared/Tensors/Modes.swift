import CTorch

/// Runs `body` without recording gradients.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(false)
    defer { ct_set_grad_enabled(before) }
    return try body()
}

/// Runs `body` with matrix products and convolutions of `device` in `dtype`, or unchanged for nil.
///
/// Sums, norms and losses stay in float32.
public func autocast<Result>(
    to dtype: DType?,
    on device: Device = .cpu,
    _ body: () throws -> Result
) rethrows -> Result {
    guard let dtype else { return try body() }
    let before = ct_autocast_enabled(device.type)
    ct_set_autocast_type(device.type, dtype.rawValue)
    ct_enable_autocast(device.type, true)
    ct_forget_casts()
    defer {
        ct_enable_autocast(device.type, before)
        ct_forget_casts()
    }
    return try body()
}

/// Runs `body` in the types of its tensors, inside `autocast` too.
public func withoutAutocast<Result>(
    on device: Device,
    _ body: () throws -> Result
) rethrows -> Result {
    let before = ct_autocast_enabled(device.type)
    ct_enable_autocast(device.type, false)
    defer { ct_enable_autocast(device.type, before) }
    return try body()
}

extension Tensor {
    /// The derivatives of this tensor with respect to each of `inputs`; zeros where one takes no
    /// part.
    ///
    /// - Parameters:
    ///   - inputs: leaves that require gradients, or tensors computed from them.
    ///   - seed: the derivative of the final scalar with respect to this tensor; nil for a scalar.
    /// - Returns: one tensor for each input, of its shape.
    public func gradients(of inputs: [Tensor], seed: Tensor? = nil) -> [Tensor] {
        var results = [OpaquePointer?](repeating: nil, count: inputs.count)
        let handles = inputs.map(\.handle)
        let done = ct_gradients(handle, seed?.handle, handles, Int64(handles.count), &results)
        if !done { stopUnlessChecked() }
        return zip(results, inputs).map { result, input in
            result.map { Tensor(owning: $0) } ?? input.zerosLike()
        }
    }
}

/// What this process computes with.
public enum Engine {
    /// The version of libtorch.
    public static var version: String { String(cString: ct_version()) }

    /// The widest vector instructions that libtorch uses here, such as "AVX512".
    public static var instructions: String { String(cString: ct_cpu_capability()) }

    /// Whether an NVIDIA device and libtorch's CUDA kernels are present.
    public static var hasCUDA: Bool { ct_cuda_available() }

    /// The threads that one operator may use.
    public static var threads: Int {
        get { Int(ct_threads()) }
        set { ct_set_threads(Int32(clamping: max(1, newValue))) }
    }
}
