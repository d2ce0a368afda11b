import CTorch

/// A seeded stream of random numbers on the CPU (libtorch's Mersenne Twister).
///
/// Training draws from one generator a step, seeded from (seed, step), so a resumed run draws
/// what an unbroken one would have drawn.
public final class Generator {
    let handle: OpaquePointer

    public init(seed: UInt64) {
        guard let handle = ct_generator_new(seed) else {
            preconditionFailure("libtorch made no generator")
        }
        self.handle = handle
    }

    /// The generator of `step` of a run seeded with `seed`; distinct pairs give distinct streams.
    ///
    /// The pair is mixed by two rounds of SplitMix64 (Steele et al. 2014).
    public convenience init(seed: UInt64, step: Int) {
        self.init(seed: mix(mix(seed) ^ UInt64(bitPattern: Int64(step))))
    }

    deinit { ct_generator_free(handle) }
}

private func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
