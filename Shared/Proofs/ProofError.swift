/// Why something is not proven, or a key or an envelope cannot be used.
public struct ProofError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
