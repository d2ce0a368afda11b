/// The counter-based generator Philox 4x32-10: 128 random bits as a function of key and counter.
///
/// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". Nothing is drawn in
/// sequence, so a value depends on its key and counter alone: not on batch size, device or order.
public struct Philox: Sendable {
    private let key: SIMD2<UInt32>

    public init(key: UInt64) {
        self.key = SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
    }

    /// The four words of block `counter` of stream `stream`.
    public func block(_ counter: UInt64, stream: UInt64 = 0) -> SIMD4<UInt32> {
        block(
            SIMD4(
                UInt32(truncatingIfNeeded: counter),
                UInt32(truncatingIfNeeded: counter >> 32),
                UInt32(truncatingIfNeeded: stream),
                UInt32(truncatingIfNeeded: stream >> 32)
            )
        )
    }

    /// The four words of a 128-bit counter, lowest word first.
    public func block(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var (x, k) = (counter, key)
        for _ in 0..<10 {
            let a = UInt64(0xD251_1F53) * UInt64(x[0])
            let b = UInt64(0xCD9E_8D57) * UInt64(x[2])
            x = SIMD4(
                UInt32(truncatingIfNeeded: b >> 32) ^ x[1] ^ k[0],
                UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ x[3] ^ k[1],
                UInt32(truncatingIfNeeded: a)
            )
            k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return x
    }
}
