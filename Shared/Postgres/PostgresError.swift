/// Why Postgres did not do what was asked.
public struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The five characters of the SQL standard's error code; nil where no server answered.
    public var sqlState: String?
    public var message: String
    public var detail: String?
    public var hint: String?
    /// Whether the connection is gone. What was sent last may or may not have been committed.
    public var connectionLost: Bool

    public init(
        sqlState: String? = nil,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil,
        connectionLost: Bool = false
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.connectionLost = connectionLost
    }

    public var description: String {
        var text = "Postgres: " + message
        if let sqlState { text += " (\(sqlState))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; \(hint)" }
        return text
    }
}
