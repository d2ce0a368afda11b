import CTorch

/// The ranks that compute something together, over libtorch's collectives (c10d with Gloo).
public final class Gang {
    public let rank: Int
    public let size: Int
    private let handle: OpaquePointer

    /// Meets the other ranks and returns once all are there.
    ///
    /// - Parameters:
    ///   - rank: this one's number; rank 0 listens.
    ///   - size: how many ranks there are.
    ///   - host: where rank 0 is.
    ///   - port: where rank 0 listens.
    ///   - own: the name or address under which the other ranks reach this one.
    ///   - token: what all ranks of one meeting, and no others, have in common.
    ///   - seconds: how long to wait, here and in each sum.
    /// - Throws: `TensorError` where the others did not come.
    public init(
        rank: Int,
        size: Int,
        host: String,
        port: Int,
        own: String,
        token: String,
        seconds: Double
    ) throws {
        let limit = Int64(seconds * 1_000)
        let made = try checked {
            ct_gang_join(host, Int32(port), Int32(rank), Int32(size), own, token, limit)
        }
        guard let made else { throw TensorError(message: "the ranks did not meet") }
        (self.rank, self.size, handle) = (rank, size, made)
    }

    deinit { ct_gang_leave(handle) }

    /// Replaces each of `tensors` by its sum over all ranks, which all call this with tensors of the
    /// same types and shapes in the same order.
    ///
    /// - Throws: `TensorError` where another rank is gone or silent.
    public func sum(_ tensors: [Tensor]) throws {
        let handles = tensors.map(\.handle)
        try checked { _ = ct_gang_sum(handle, handles, Int64(handles.count)) }
    }
}
