public import Foundation
import Jobs
public import Postgres
public import Proofs

/// Compares every row of the ledger with its entry in the log, the log with its own hashes, and
/// those with the epochs that were signed and exported.
///
/// It computes each row's canonical form anew from the table's columns, in Swift, so it trusts no
/// function of the database. It needs to read the ledger's tables, in a live database or in one
/// that a dump was restored into.
public struct LogVerifier {
    let connection: Connection
    /// The key that signed the epochs; without it their signatures are not checked.
    let key: VerifyingKey?

    public init(_ connection: Connection, key: VerifyingKey? = nil) {
        (self.connection, self.key) = (connection, key)
    }

    /// Reads the whole ledger once, as of one moment. `epochs` are files of epochs kept outside of
    /// the database.
    public func verify(epochs: [URL] = []) throws -> LogReport {
        try connection.transaction {
            try connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return try inspect(epochs: epochs)
        }
    }

    /// `verify` inside of a transaction that is open already.
    package func inspect(epochs: [URL] = []) throws -> LogReport {
        try connection.usePlainSettings()
        var report = LogReport()
        let hashes = try chains(&report)
        for table in try watched() { try compare(table, &report) }
        try check(epochs, hashes, &report)
        return report
    }

    private func watched() throws -> [WatchedTable] {
        try connection.query(
            """
            SELECT c.relname AS name,
                (SELECT string_agg(format('t.%I::text', a.attname), ' || ''/'' || '
                    ORDER BY k.place)
                FROM pg_index i
                CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
                (SELECT jsonb_agg(a.attname ORDER BY a.attname COLLATE "C") FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
            FROM pg_class c
            WHERE c.relnamespace = 'lineage'::regnamespace AND c.relkind = 'r'
                AND (
                    EXISTS (
                        SELECT FROM pg_trigger w WHERE w.tgrelid = c.oid AND w.tgname = 'log_row'
                    ) OR EXISTS (
                        SELECT FROM lineage.log_entry e
                        WHERE e.relation = c.relname::text COLLATE "C"
                    )
                )
            ORDER BY c.relname
            """
        ).map {
            WatchedTable(
                name: try $0.text("name"),
                key: try $0.text("key"),
                columns: try $0.strings("columns")
            )
        }
    }
}

/// A table whose rows are logged.
struct WatchedTable {
    let name: String
    /// The primary key as an SQL expression over `t`.
    let key: String
    let columns: [String]
}
