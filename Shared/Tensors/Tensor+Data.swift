import CTorch

extension Tensor {
    /// Copies `values` into a new CPU tensor of `shape`.
    ///
    /// - Precondition: the shape's product is the number of values.
    public convenience init(_ values: [Float], _ shape: [Int]) {
        self.init(copying: values, .float32, shape)
    }

    /// Copies `values` into a new CPU tensor of doubles.
    public convenience init(_ values: [Double], _ shape: [Int]) {
        self.init(copying: values, .float64, shape)
    }

    /// Copies `values` into a new CPU tensor of 64-bit integers.
    public convenience init(_ values: [Int], _ shape: [Int]) {
        self.init(copying: values, .int64, shape)
    }

    /// Copies `values` into a new CPU tensor of bytes.
    public convenience init(_ values: [UInt8], _ shape: [Int]) {
        self.init(copying: values, .uint8, shape)
    }

    /// Copies raw little-endian elements of `dtype` into a new CPU tensor.
    public convenience init(bytes: UnsafeRawBufferPointer, _ dtype: DType, _ shape: [Int]) {
        precondition(
            shape.reduce(1, *) * dtype.bytes == bytes.count,
            "\(bytes.count) bytes do not fill shape \(shape) of \(dtype)"
        )
        let sizes = shape.map(Int64.init)
        self.init(
            owning: ct_from_data(bytes.baseAddress, dtype.rawValue, sizes, Int64(sizes.count))
        )
    }

    private convenience init<Element>(copying values: [Element], _ dtype: DType, _ shape: [Int]) {
        let handle = values.withUnsafeBytes { bytes -> Tensor in
            Tensor(bytes: bytes, dtype, shape)
        }
        self.init(owning: handle.retainedHandle())
    }

    /// A second handle to the same elements.
    func retainedHandle() -> OpaquePointer? {
        ct_to(handle, ct_type(handle), ct_device_type(handle), ct_device_index(handle))
    }

    /// The elements in row-major order.
    public var floats: [Float] { elements(.float32, 0) }

    /// The elements in row-major order.
    public var doubles: [Double] { elements(.float64, 0) }

    /// The elements in row-major order.
    public var integers: [Int] { elements(.int64, 0) }

    /// The elements in row-major order.
    public var bytes: [UInt8] { elements(.uint8, 0) }

    /// The only element; NaN after a refusal that `checked(_:)` will report.
    ///
    /// - Precondition: the tensor has exactly one element.
    public var item: Double {
        if ct_has_error() { return .nan }
        let values = doubles
        precondition(values.count == 1, "item needs one element, the tensor has shape \(shape)")
        return values[0]
    }

    /// Writes the elements, in row-major order and as `dtype`, to `buffer`.
    public func copy(to buffer: UnsafeMutableRawBufferPointer, as dtype: DType) {
        let done = ct_copy_data(handle, dtype.rawValue, buffer.baseAddress, Int64(buffer.count))
        if !done { stopUnlessChecked() }
    }

    private func elements<Element>(_ dtype: DType, _ zero: Element) -> [Element] {
        var values = [Element](repeating: zero, count: count)
        values.withUnsafeMutableBytes { copy(to: $0, as: dtype) }
        return values
    }
}
