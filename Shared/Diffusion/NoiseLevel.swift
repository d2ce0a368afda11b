import Foundation
public import Tensors

/// The noise levels of a batch, given by logSNR: x_t = alpha · data + sigma · noise with
/// alpha² = sigmoid(logSNR) and sigma² = sigmoid(−logSNR).
public struct NoiseLevel {
    /// One number for each example.
    public let logSNRs: [Double]
    /// `[B, 1, 1, 1]`, float32, computed in float64.
    public let alpha: Tensor
    /// `[B, 1, 1, 1]`, float32, computed in float64.
    public let sigma: Tensor

    public init(_ logSNRs: [Double], on device: Device = .cpu) {
        self.logSNRs = logSNRs
        alpha = perExample(logSNRs.map { sigmoid($0).squareRoot() }, on: device)
        sigma = perExample(logSNRs.map { sigmoid(-$0).squareRoot() }, on: device)
    }

    /// The same level for `count` examples.
    public init(_ logSNR: Double, count: Int, on device: Device = .cpu) {
        self.init([Double](repeating: logSNR, count: count), on: device)
    }

    /// The levels of some of the examples.
    public subscript(range: Range<Int>) -> NoiseLevel {
        range.count == logSNRs.count ? self : NoiseLevel(Array(logSNRs[range]), on: alpha.device)
    }

    /// logSNR as the network takes it, `[B]`, float32.
    public var logSNR: Tensor {
        Tensor(logSNRs.map(Float.init), [logSNRs.count]).to(on: alpha.device)
    }

    public func noised(_ data: Tensor, _ noise: Tensor) -> Tensor { alpha * data + sigma * noise }

    /// Velocity as in Salimans & Ho 2022, arXiv:2202.00512: alpha · noise − sigma · data.
    public func velocity(_ data: Tensor, _ noise: Tensor) -> Tensor { alpha * noise - sigma * data }

    public func data(_ noised: Tensor, velocity: Tensor) -> Tensor {
        alpha * noised - sigma * velocity
    }

    public func noise(_ noised: Tensor, velocity: Tensor) -> Tensor {
        sigma * noised + alpha * velocity
    }

    /// The noise that `noised` holds if its data is `data`; unstable where sigma vanishes.
    public func noise(_ noised: Tensor, data: Tensor) -> Tensor { (noised - alpha * data) / sigma }
}

/// 1 / (1 + e^−x), exact for large |x|.
public func sigmoid(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
}

/// One number for each example as a tensor that broadcasts over images.
func perExample(_ values: [Double], on device: Device = .cpu) -> Tensor {
    Tensor(values.map(Float.init), [values.count, 1, 1, 1]).to(on: device)
}
