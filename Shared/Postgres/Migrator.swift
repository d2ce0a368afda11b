import Foundation

/// Brings a database to the schema that this build knows.
///
/// Each migration is one transaction and is recorded with its checksum. Several migrators at once
/// are safe: they poll for one advisory lock, since a waiter inside `pg_advisory_lock` would hold
/// a snapshot and deadlock with concurrent index builds.
public struct Migrator {
    private static let lock = 7_215_331_046

    private let connection: Connection
    private let migrations: [Migration]

    public init(_ connection: Connection, _ migrations: [Migration]) {
        self.connection = connection
        self.migrations = migrations
    }

    /// Applies what is missing and returns it; a second call returns nothing.
    ///
    /// - Throws: `PostgresError` where an applied migration was edited since, where the database
    ///   is newer than this build, or where a migration fails, which then leaves no trace.
    @discardableResult
    public func migrate() throws -> [Migration] {
        try acquireLock()
        defer { _ = try? connection.query("SELECT pg_advisory_unlock(\(Migrator.lock))") }
        try connection.execute(script: Migrator.ledger)
        let missing = try missing()
        for migration in missing { try apply(migration) }
        return missing
    }

    /// Requires that the database has exactly the schema of this build.
    ///
    /// - Throws: `PostgresError` saying which side is behind.
    public func requireCurrent() throws {
        let exists = try connection.query("SELECT to_regclass('migration.applied') AS name")
        guard try exists.first?.optional("name") != nil else {
            throw PostgresError("the database has no schema yet", hint: "run palimpsest migrate")
        }
        let missing = try missing()
        guard missing.isEmpty else {
            let names = missing.map { "\($0.version) \($0.name)" }.joined(separator: ", ")
            throw PostgresError(
                "the database lacks the migrations \(names)",
                hint: "run palimpsest migrate"
            )
        }
    }

    private static let ledger = """
        CREATE SCHEMA IF NOT EXISTS migration;
        CREATE TABLE IF NOT EXISTS migration.applied (
            version integer PRIMARY KEY,
            name text NOT NULL,
            checksum bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        """

    private func acquireLock() throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let row = try connection.query("SELECT pg_try_advisory_lock(\(Migrator.lock)) AS held")
            if try row.first?.bool("held") == true { return }
            guard ContinuousClock.now < deadline else {
                throw PostgresError("another migrator has been at work for a minute; try again")
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// What is not applied yet, after comparing what is.
    private func missing() throws -> [Migration] {
        let applied = try connection.query(
            "SELECT version, name, checksum FROM migration.applied ORDER BY version"
        )
        var missing = migrations
        for row in applied {
            let version = try row.int("version")
            missing.removeAll { $0.version == version }
            guard let migration = migrations.first(where: { $0.version == version }) else {
                throw PostgresError(
                    "the database has migration \(version) '\(try row.text("name"))', which this "
                        + "build does not know; use a newer build"
                )
            }
            guard try row.bytes("checksum") == checksum(migration) else {
                throw PostgresError(
                    "migration \(version) '\(migration.name)' was edited after it was applied; "
                        + "restore it and add a new migration instead"
                )
            }
        }
        return missing
    }

    private func apply(_ migration: Migration) throws {
        do {
            try connection.transaction {
                try connection.query("SET LOCAL lock_timeout = '5s'")
                try connection.execute(script: migration.sql)
                try connection.query(
                    "INSERT INTO migration.applied (version, name, checksum) VALUES ($1, $2, $3)",
                    [
                        .int(migration.version), .text(migration.name),
                        .bytes(checksum(migration)),
                    ]
                )
            }
        } catch var error as PostgresError {
            error.message = "migration \(migration.version) '\(migration.name)': " + error.message
            throw error
        }
    }

    /// The SHA-256 of the script, computed by the server.
    private func checksum(_ migration: Migration) throws -> Data {
        let sql: Value = .bytes(Data(migration.sql.utf8))
        let rows = try connection.query("SELECT sha256($1::bytea) AS digest", [sql])
        guard let row = rows.first else { throw PostgresError("sha256 returned nothing") }
        return try row.bytes("digest")
    }
}
