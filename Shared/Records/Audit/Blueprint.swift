public import Postgres

/// A database that has the rules of the migrations and nothing else, beside one that is inspected.
///
/// What is compared with it is read from Postgres's own catalogs, and what is asked of the rows is
/// asked in its words, so no function of the inspected database is trusted.
public struct Blueprint {
    let inspected: Connection
    let model: Connection
    /// The newest migration that the inspected database records, and the newest one known.
    public let version: Int
    public let newest: Int

    /// Applies to `empty`, a database on a server that nobody else writes to, what `migrations`
    /// has up to the version that `inspected` records.
    ///
    /// - Throws: `PostgresError` where the servers are of different major versions, which write the
    ///   same rule differently, or where the database has no schema or one newer than this build's.
    public init(
        of inspected: Connection,
        on empty: Connection,
        _ migrations: [Migration]
    ) throws {
        let majors = try (inspected.majorVersion(), empty.majorVersion())
        guard majors.0 == majors.1 else {
            throw PostgresError(
                "the database is of Postgres \(majors.0) and the server to compare it with of "
                    + "\(majors.1); they write the same rule differently",
                hint: "install Postgres \(majors.0) here: apt-get install postgresql-\(majors.0)"
            )
        }
        (version, newest) = try (inspected.schemaVersion(), migrations.last?.version ?? 0)
        guard version <= newest else {
            throw PostgresError(
                "the database has migration \(version), which this build does not know; "
                    + "use a newer build"
            )
        }
        try Migrator(empty, migrations.filter { [version] in $0.version <= version }).migrate()
        (self.inspected, model) = (inspected, empty)
    }
}

extension Connection {
    /// 15 for 15.18.
    public func majorVersion() throws -> Int {
        let rows = try query("SELECT pg_catalog.current_setting('server_version_num') AS number")
        return try single(rows, of: "server_version_num").int("number") / 10_000
    }

    fileprivate func schemaVersion() throws -> Int {
        let rows = try query("SELECT pg_catalog.to_regclass('migration.applied') AS name")
        guard try single(rows, of: "to_regclass").optional("name") != nil else {
            throw PostgresError("the database has no schema yet", hint: "run palimpsest migrate")
        }
        let newest = "SELECT pg_catalog.max(version) AS version FROM migration.applied"
        return try query(newest).first?.optionalInt("version") ?? 0
    }

    /// Inside a transaction: names mean Postgres's own things, and values have one form.
    func usePlainSettings() throws {
        for setting in [
            "search_path = pg_catalog, pg_temp", "datestyle = 'ISO, YMD'", "timezone = 'UTC'",
            "intervalstyle = 'postgres'", "extra_float_digits = 1", "bytea_output = 'hex'",
            "quote_all_identifiers = off", "standard_conforming_strings = on",
        ] { try query("SET LOCAL " + setting) }
    }

    /// Runs `body` on what the database holds at one moment.
    func atOneMoment<Result>(_ body: () throws -> Result) throws -> Result {
        try transaction {
            try query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return try body()
        }
    }
}
