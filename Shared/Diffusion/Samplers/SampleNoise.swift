import Randomness
public import Tensors

/// The noise of samples, each a function of the seed, the sample's index and the step alone.
///
/// Two models given the same seed and index start from the same noise, whatever the batch size.
public struct SampleNoise {
    let philox: Philox
    let indices: [Int]
    private let shape: [Int]
    private let device: Device

    /// * `indices`: the indices of the samples of this batch, below 2⁴⁰.
    /// * `shape`: of one sample, `[C, H, W]`.
    public init(seed: Int, indices: [Int], shape: [Int], on device: Device = .cpu) {
        philox = Philox(key: UInt64(bitPattern: Int64(seed)))
        (self.indices, self.shape, self.device) = (indices, shape, device)
    }

    public var count: Int { indices.count }

    /// The noise that sampling starts from, `[B, C, H, W]`.
    public var initial: Tensor { draw(0) }

    /// The fresh noise of step `step`, counted from 0.
    public func step(_ step: Int) -> Tensor { draw(step + 1) }

    private func draw(_ block: Int) -> Tensor {
        let size = shape.reduce(1, *)
        var values: [Float] = []
        values.reserveCapacity(indices.count * size)
        for index in indices {
            values += philox.normals(size, stream: UInt64(block) << 40 | UInt64(index))
        }
        return Tensor(values, [indices.count] + shape).to(on: device)
    }
}
