import CPostgres
import Foundation

/// One connection to Postgres; every call blocks until the server has answered.
///
/// It belongs to one thread or actor at a time (`Session` is such an actor).
public final class Connection {
    let handle: OpaquePointer
    private var depth = 0

    /// Connects as `conninfo` says, a libpq connection string or URI; what it leaves out comes
    /// from libpq's environment, and from limits that notice a dead network within about 10 s.
    ///
    /// - Throws: `PostgresError` with `connectionLost` where no server could be reached; without it,
    ///   and without a word of `conninfo`, where that cannot be read.
    public init(_ conninfo: String, name: String = "palimpsest") throws(PostgresError) {
        let given = try ConnectionString(conninfo)
        let options = [
            ("connect_timeout", "5"), ("keepalives_idle", "5"), ("keepalives_interval", "2"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "10000"),
            ("fallback_application_name", name), ("client_encoding", "UTF8"),
            ("dbname", given.text),
        ]
        let opened = Connection.withStrings(options.map(\.0)) { keywords in
            Connection.withStrings(options.map(\.1)) { PQconnectdbParams(keywords, $0, 1) }
        }
        guard let opened else { throw PostgresError("libpq is out of memory") }
        guard PQstatus(opened) == CONNECTION_OK else {
            defer { PQfinish(opened) }
            throw given.failure(String(cString: PQerrorMessage(opened)))
        }
        handle = opened
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    /// Whether the server can still be expected to answer.
    public var isOpen: Bool { PQstatus(handle) == CONNECTION_OK }

    /// Runs one statement with its parameters `$1`, `$2`, …
    ///
    /// - Throws: `PostgresError` as the server says, or with `connectionLost`.
    @discardableResult
    public func query(_ sql: String, _ values: [Value] = []) throws(PostgresError) -> [Row] {
        let parameters = try Parameters(values)
        let result = parameters.withPointers { pointers, lengths, formats in
            PQexecParams(handle, sql, Int32(values.count), nil, pointers, lengths, formats, 0)
        }
        defer { PQclear(result) }
        try check(result)
        return rows(result)
    }

    /// Runs a script of several statements without parameters.
    public func execute(script: String) throws(PostgresError) {
        let result = PQexec(handle, script)
        defer { PQclear(result) }
        try check(result)
    }

    /// Runs `body` in one transaction, which an error takes back. Inside another transaction it is
    /// a savepoint of that one.
    ///
    /// - Throws: what `body` throws, or a `PostgresError` of the commit. After one with
    ///   `connectionLost` the commit may or may not have happened.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        let point = depth == 0 ? nil : "point\(depth)"
        try query(point.map { "SAVEPOINT " + $0 } ?? "BEGIN")
        depth += 1
        defer { depth -= 1 }
        do {
            let result = try body()
            try query(point.map { "RELEASE SAVEPOINT " + $0 } ?? "COMMIT")
            return result
        } catch {
            if isOpen { try query(point.map { "ROLLBACK TO SAVEPOINT " + $0 } ?? "ROLLBACK") }
            throw error
        }
    }

    func check(_ result: OpaquePointer?) throws(PostgresError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_COPY_OUT: return
        default: break
        }
        let lost = PQstatus(handle) != CONNECTION_OK
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let result else { return nil }
            return PQresultErrorField(result, Int32(ascii)).map { String(cString: $0) }
        }
        let fallback = String(cString: PQerrorMessage(handle))
        throw PostgresError(
            sqlState: field("C"),
            field("M") ?? fallback.trimmingCharacters(in: .whitespacesAndNewlines),
            detail: field("D"),
            hint: field("H"),
            connectionLost: lost
        )
    }

    private func rows(_ result: OpaquePointer?) -> [Row] {
        let width = PQnfields(result)
        var columns: [String: Int] = [:]
        for column in 0..<width { columns[String(cString: PQfname(result, column))] = Int(column) }
        let types = (0..<width).map { ColumnType(oid: PQftype(result, $0)) }
        return (0..<PQntuples(result)).map { row in
            let cells = (0..<width).map { column -> String? in
                if PQgetisnull(result, row, column) == 1 { return nil }
                let bytes = UnsafeRawBufferPointer(
                    start: PQgetvalue(result, row, column),
                    count: Int(PQgetlength(result, row, column))
                )
                return String(decoding: bytes, as: UTF8.self)
            }
            return Row(columns: columns, types: types, cells: cells)
        }
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withStrings<Result>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an empty array") }
            return body(base)
        }
    }
}
