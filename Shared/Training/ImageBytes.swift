public import Foundation
public import Tensors

/// Images as bytes, gathered batch by batch.
public struct ImageBytes {
    /// `[count, 3, side, side]`.
    public private(set) var data = Data()

    public init() {}

    /// Adds images in [−1, 1], rounded to bytes.
    public mutating func append(_ images: Tensor) {
        let bytes = ((images.to(.float32) + 1) * 127.5).round().clamped(to: 0...255).to(.uint8)
        data.append(contentsOf: bytes.bytes)
    }
}
