import Foundation
public import Jobs
public import Tensors

/// The device and the precision that a run computes with.
public struct ComputePlan: Sendable {
    public let device: Device
    /// What products and convolutions are computed in; nil is float32.
    public let lowPrecision: DType?

    /// The GPU where there is one; `auto` is bf16 on it and on processors with bf16 instructions.
    public init(_ precision: Precision) {
        device = Engine.hasCUDA ? .cuda(0) : .cpu
        switch precision {
        case .fp32: lowPrecision = nil
        case .bf16: lowPrecision = .bfloat16
        case .auto: lowPrecision = Engine.hasCUDA || processorHasBF16 ? .bfloat16 : nil
        }
    }

    /// Whether images go through a network with channels innermost: on CPUs float32 gains by it,
    /// bf16 loses.
    var channelsLast: Bool { device == .cpu && lowPrecision == nil }

    /// The plan in a run's record: 1 where products are computed in bf16.
    public var values: [String: Double] { ["bf16": lowPrecision == nil ? 0 : 1] }
}

private let processorHasBF16: Bool = {
    let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    return text.map { $0.contains("avx512_bf16") || $0.contains("amx_bf16") } ?? false
}()
