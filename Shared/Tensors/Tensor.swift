import CTorch

/// A libtorch tensor: a reference to elements of one type, of any rank, on one device.
///
/// Images are `[batch, channels, height, width]`. A tensor never crosses an actor. Operators do
/// not throw; see `checked(_:)`.
public final class Tensor {
    let handle: OpaquePointer?

    /// Takes ownership of `handle`; nil stands for the result of a refused call.
    init(owning handle: OpaquePointer?) {
        self.handle = handle
        if handle == nil { stopUnlessChecked() }
    }

    deinit {
        if let handle { ct_free(handle) }
    }

    /// The length of each axis; of a refused call's result eight ones, so that code which reads
    /// them gets to the end of its `checked` scope.
    public var shape: [Int] {
        guard handle != nil else { return [Int](repeating: 1, count: 8) }
        return (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) }
    }

    /// The number of axes.
    public var rank: Int { Int(ct_rank(handle)) }

    /// The number of elements.
    public var count: Int { Int(ct_count(handle)) }

    /// The element type.
    public var dtype: DType { DType(rawValue: ct_type(handle)) ?? .float32 }

    /// The device that holds the elements.
    public var device: Device {
        ct_device_type(handle) == 1 ? .cuda(ct_device_index(handle)) : .cpu
    }

    /// The length of `axis`; negative axes count from the end.
    public func size(_ axis: Int) -> Int {
        handle == nil ? 1 : Int(ct_size(handle, Int64(axis)))
    }

    /// Whether gradients flow into this leaf.
    public var requiresGradient: Bool {
        get { ct_requires_grad(handle) }
        set { ct_set_requires_grad(handle, newValue) }
    }

    /// A copy with another element type, device, or both; the tensor itself where both agree.
    public func to(_ dtype: DType? = nil, on device: Device? = nil) -> Tensor {
        let (type, place) = (dtype ?? self.dtype, device ?? self.device)
        return Tensor(owning: ct_to(handle, type.rawValue, place.type, place.index))
    }
}
