/// A connection for asynchronous code: calls wait for each other on a queue of their own, so that
/// none blocks Swift's threads. It connects when first used, and again after the connection broke.
public actor Session {
    private let conninfo: String
    private let queue = SerialQueue("palimpsest.postgres")
    private var connection: Connection?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        queue.asUnownedSerialExecutor()
    }

    public init(_ conninfo: String) { self.conninfo = conninfo }

    /// Runs `body` on the connection.
    ///
    /// - Throws: what `body` throws, or a `PostgresError` with `connectionLost`.
    public func use<Result: Sendable>(
        _ body: @Sendable (Connection) throws -> Result
    ) throws -> Result {
        let current = try connection.flatMap { $0.isOpen ? $0 : nil } ?? Connection(conninfo)
        connection = current
        defer { if !current.isOpen { connection = nil } }
        return try body(current)
    }

    /// Closes the connection; the next use opens another.
    public func close() { connection = nil }
}
