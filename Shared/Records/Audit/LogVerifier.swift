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
    /// The keys that signed the epochs; without any their signatures are not checked.
    let keys: [VerifyingKey]

    public init(_ connection: Connection, keys: [VerifyingKey] = []) {
        (self.connection, self.keys) = (connection, keys)
    }

    /// Reads the whole ledger once, as of one moment. `epochs` are files of epochs kept outside of
    /// the database.
    ///
    /// - Throws: `PostgresError` where the tables may not be read, or not all rows of them.
    public func verify(epochs: [URL] = []) throws -> LogReport {
        try connection.transaction {
            try connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return try inspect(epochs: epochs)
        }
    }

    /// `verify` inside of a transaction that is open already.
    package func inspect(epochs: [URL] = []) throws -> LogReport {
        try connection.usePlainSettings()
        try connection.refuseTenant()
        var report = LogReport()
        guard try findsLog(&report) else { return report }
        let hashes = try chains(&report)
        let tables = try watched()
        for table in tables { try compare(table, &report) }
        try findGone(tables, &report)
        try check(epochs, hashes, &report)
        return report
    }

    /// Whether the log's own tables are there.
    private func findsLog(_ report: inout LogReport) throws -> Bool {
        for name in ["log_entry", "log_epoch", "log_range"] {
            let found = try connection.query(
                "SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('lineage') "
                    + "AND c.relname = $1 AND c.relkind IN ('r', 'p')",
                [.text(name)]
            )
            if found.isEmpty { report.add(LogFinding(name, "", "the table is gone")) }
        }
        return report.findings.isEmpty
    }

    /// Entries that tell of tables which are not there, or are something else under their names.
    private func findGone(_ tables: [WatchedTable], _ report: inout LogReport) throws {
        let rows = try connection.query(
            """
            SELECT relation, count(*) AS entries FROM lineage.log_entry
            WHERE relation <> ALL ($1::text[]) GROUP BY relation ORDER BY relation
            """,
            [.array(tables.map(\.name))]
        )
        for row in rows {
            let what = "there is no such table; \(try row.int("entries")) entries tell of its rows"
            report.add(LogFinding(try row.text("relation"), "", what))
        }
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
