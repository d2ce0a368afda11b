import Foundation
public import Jobs

/// logSNR as a function of time: 0 is clean, 1 is noise. All in float64 on the host.
///
/// Hoogeboom et al. 2023, arXiv:2301.11093, equations 4 to 6.
public struct Schedule: Sendable {
    private let clean: Double
    private let span: Double
    /// What is added to the cosine's logSNR at the clean and at the noisy end.
    private let shift: (clean: Double, noisy: Double)

    /// The schedule of `spec` for images of `resolution` pixels.
    ///
    /// The interpolation runs from `referenceHigh` at the clean end to `referenceLow` at the noisy
    /// end, the direction in which logSNR always falls. Equation 6 as printed runs the other way;
    /// a spec asks for that by exchanging the two references.
    ///
    /// - Precondition: logSNR falls: `referenceLow` is less than about 22 times `referenceHigh`.
    public init(_ spec: ScheduleSpec, resolution: Int) {
        clean = atan(exp(-spec.logSnrRange[1] / 2))
        span = atan(exp(-spec.logSnrRange[0] / 2)) - clean
        let shift = { (reference: Int) in 2 * log(Double(reference) / Double(resolution)) }
        switch spec.kind {
        case .cosine: self.shift = (0, 0)
        case .shifted: self.shift = (shift(spec.referenceLow), shift(spec.referenceLow))
        case .interpolated:
            let high = spec.referenceHigh == 0 ? resolution : spec.referenceHigh
            self.shift = (shift(high), shift(spec.referenceLow))
        }
        precondition(
            self.shift.noisy - self.shift.clean < 4 * span,
            "logSNR rises with time: reference_low \(spec.referenceLow) is too large beside "
                + "reference_high \(spec.referenceHigh) at \(resolution) pixels"
        )
    }

    /// The natural logarithm of alpha² / sigma² at `time`.
    public func logSNR(_ time: Double) -> Double {
        -2 * log(tan(clean + time * span)) + (1 - time) * shift.clean + time * shift.noisy
    }

    /// logSNR at the times 1, 1 − 1/steps, … 0: `steps` + 1 numbers, from noise to clean.
    public func levels(steps: Int) -> [Double] {
        (0...steps).map { logSNR(1 - Double($0) / Double(steps)) }
    }

    /// The derivative of logSNR by time, always negative.
    public func slope(_ time: Double) -> Double {
        -4 * span / sin(2 * (clean + time * span)) + shift.noisy - shift.clean
    }
}
