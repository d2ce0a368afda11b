import Postgres

/// A connection that is made when it is needed, and made again after it broke.
struct Reconnecting {
    private let conninfo: String
    private var current: Connection?

    init(_ conninfo: String) { self.conninfo = conninfo }

    mutating func connection() throws -> Connection {
        if let current, current.isOpen { return current }
        let fresh = try Connection(conninfo)
        current = fresh
        return fresh
    }
}
