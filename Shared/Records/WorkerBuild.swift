public import Jobs

/// What a worker is: the bytes of its program and what they stand on.
public struct WorkerBuild: Equatable, Sendable {
    /// SHA-256 of the program's file.
    public let code: Digest
    /// {libraries: {name: digest}, machine, system}.
    public let environment: JSON

    public init(code: Digest, environment: JSON) {
        (self.code, self.environment) = (code, environment)
    }
}
