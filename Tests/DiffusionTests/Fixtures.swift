import Diffusion
import Foundation
import Jobs
import Tensors

/// The schedule of a spec with every field that tests vary.
func schedule(
    _ kind: ScheduleSpec.Kind,
    range: Double = 10,
    low: Int = 32,
    high: Int = 0,
    resolution: Int = 32
) -> Schedule {
    var spec = ScheduleSpec()
    spec.kind = kind
    spec.logSnrRange = [-range, range]
    (spec.referenceLow, spec.referenceHigh) = (low, high)
    return Schedule(spec, resolution: resolution)
}

/// The best prediction of data whose pixels are independent draws from N(0, deviation²):
/// E[x | z] = alpha v z / (alpha² v + sigma²) with v = deviation².
func gaussianGain(_ logSNR: Double, deviation: Double) -> Double {
    let v = deviation * deviation
    return sigmoid(logSNR).squareRoot() * v / (sigmoid(logSNR) * v + sigmoid(-logSNR))
}

func gaussianDenoiser(deviation: Double) -> Denoiser {
    { noised, logSNR in noised * gaussianGain(logSNR, deviation: deviation) }
}

/// An image of one pixel.
func pixel(_ value: Double) -> Tensor { Tensor([Float(value)], [1, 1, 1, 1]) }

extension Tensor {
    /// The largest absolute element of the difference.
    func distance(to other: Tensor) -> Double {
        (self - other).abs().maximum(Array(0..<rank)).item
    }

    var meanSquare: Double { squared().mean().item }
}

func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance }
