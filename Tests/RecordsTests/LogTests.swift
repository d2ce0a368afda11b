import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// The ledger's log, and a superuser who changes things.
@Suite(.timeLimit(.minutes(3)))
struct LogTests {
    let sealed: Sealed

    init() throws { sealed = try Sealed() }

    @Test func `an untouched ledger has nothing to find`() throws {
        let first = try #require(try sealed.sealer.seal())
        try sealed.desk.make(.train, "another")
        let second = try #require(try sealed.sealer.seal())
        #expect(second.previous == first.digest && second.size > first.size)
        #expect(try sealed.sealer.seal() == nil)
        let report = try sealed.verifier.verify(epochs: sealed.epochs)
        #expect(report.findings == [])
        #expect(report.rows == report.entries && report.sealed == report.entries)
        #expect(report.epochs == 2)
        let told = try sealed.desk.outbox.take(limit: 1_000)
            .filter { $0.topic == Topics.lineage && $0.headers["ce_type"] == "lineage.epoch.v1" }
        #expect(told.count == 2)
        let envelope = try SignedEnvelope(reading: #require(told[1].value))
        #expect(try EpochStatement(reading: envelope.payload) == second)
    }

    @Test func `every table that only grows is logged and has a row here`() throws {
        for table in try sealed.tables() where !table.name.hasPrefix("log_") {
            let rows = try sealed.desk.count("lineage.\(table.name)")
            let sql = "lineage.log_entry WHERE relation = '\(table.name)'"
            #expect(rows > 0, "\(table.name)")
            #expect(try sealed.desk.count(sql) == rows, "\(table.name)")
        }
    }

    /// What is computed from a changed column changes with it, and constraints can be dropped.
    @Test func `a change to any column of any table is found and named`() throws {
        try sealed.sealer.seal()
        for table in try sealed.tables() where !table.name.hasPrefix("log_") {
            for column in table.columns where !column.key && !column.made {
                let sql = """
                    \(Sealed.unbind(table.name))
                    \(column.identity ? Sealed.open(table.name, column.name) : "")
                    UPDATE lineage.\(table.name) t SET \(column.name) = coalesce(
                        \(column.flipped), \(Sealed.something(column.type)))
                    WHERE ctid = (SELECT min(ctid) FROM lineage.\(table.name));
                    """
                let found = try sealed.damage(sql)
                #expect(
                    found.contains { $0.table == table.name && $0.column == column.name },
                    "\(table.name).\(column.name): \(found)"
                )
            }
        }
    }

    @Test func `a row removed, and one added, is found in every table`() throws {
        try sealed.sealer.seal()
        for table in try sealed.tables() where !table.name.hasPrefix("log_") {
            let first = "WHERE ctid = (SELECT min(ctid) FROM lineage.\(table.name))"
            let removed = try sealed.damage("DELETE FROM lineage.\(table.name) \(first)")
            #expect(removed.count == 1, "\(table.name): \(removed)")
            #expect(removed.first?.table == table.name)
            #expect(removed.first?.what.contains("removed") == true)
            let names = table.columns.filter { !$0.made }
            let keys = Set(table.columns.filter(\.key).map(\.name))
            let values = names.map { column in
                keys.contains(column.name) ? Sealed.other(column) : column.name
            }
            let added = try sealed.damage(
                """
                \(Sealed.unbind(table.name))
                INSERT INTO lineage.\(table.name) (\(names.map(\.name).joined(separator: ", ")))
                OVERRIDING SYSTEM VALUE
                SELECT \(values.joined(separator: ", ")) FROM lineage.\(table.name) \(first);
                """
            )
            #expect(added.count == 1, "\(table.name): \(added)")
            #expect(added.first?.what.contains("added") == true, "\(table.name)")
        }
    }

    @Test func `a change to any column of the log and its epochs is found`() throws {
        try sealed.sealer.seal()
        for table in try sealed.tables() where table.name.hasPrefix("log_") {
            for column in table.columns {
                let sql = """
                    \(Sealed.unbind(table.name, keys: true))
                    UPDATE lineage.\(table.name) SET \(column.name) = \(column.flipped)
                    WHERE ctid = (SELECT min(ctid) FROM lineage.\(table.name));
                    """
                let found = try sealed.damage(sql)
                #expect(!found.isEmpty, "\(table.name).\(column.name)")
            }
            let removed = try sealed.damage("DELETE FROM lineage.\(table.name)")
            #expect(!removed.isEmpty, "\(table.name)")
        }
    }

    /// A superuser who knows how the log works writes a row's entry and all that follow it anew.
    @Test func `a log rewritten with all its hashes is found by a kept epoch`() throws {
        try sealed.sealer.seal()
        let kept = try sealed.epochs
        let rewrite = """
            UPDATE lineage.policy SET leak_max = 0.9;
            UPDATE lineage.log_entry SET payload = replace(payload, '"leak_max":"0.1"',
                '"leak_max":"0.9"'), hash = sha256(
                    prev || int8send(octet_length(payload)) || convert_to(replace(payload,
                        '"leak_max":"0.1"', '"leak_max":"0.9"'), 'UTF8')
                    || int4send(octet_length(stream)) || convert_to(stream, 'UTF8') || int8send(n))
            WHERE stream = 'policy' AND relation = 'policy'
                AND n = (SELECT max(n) FROM lineage.log_entry WHERE stream = 'policy');
            DELETE FROM lineage.log_range;
            DELETE FROM lineage.log_epoch;
            """
        #expect(try sealed.damage(rewrite) == [])
        let found = try sealed.damage(rewrite, epochs: kept)
        #expect(found.count == 1)
        #expect(found.first?.what.contains("rewritten in policy") == true, "\(found)")
    }

    @Test func `an epoch signed by another key is found`() throws {
        try sealed.sealer.seal()
        let other = LogVerifier(sealed.desk.connection, key: SigningKey().verifying)
        let found = try other.verify(epochs: sealed.epochs).findings
        #expect(found.contains { $0.table == "log_epoch" && $0.column == "envelope" })
        #expect(found.contains { $0.what.contains("signed with the key") })
    }

    @Test func `an epoch is due after many entries or after a while`() throws {
        #expect(try sealed.sealer.isDue(entries: 5, seconds: 3_600))
        try sealed.sealer.seal()
        #expect(try !sealed.sealer.isDue(entries: 1, seconds: 0))
        try sealed.desk.make(.train, "another")
        #expect(try !sealed.sealer.isDue(entries: 10_000, seconds: 3_600))
        #expect(try sealed.sealer.isDue(entries: 10_000, seconds: 0))
    }

    /// A crash between the commit and the file leaves the newest epoch without one.
    @Test func `an epoch whose file is missing gets it again, byte for byte`() throws {
        try sealed.sealer.seal()
        try sealed.desk.make(.train, "another")
        let second = try #require(try sealed.sealer.seal())
        let kept = try sealed.epochs.map { try Data(contentsOf: $0) }
        try FileManager.default.removeItem(at: sealed.epochs[1])
        #expect(try sealed.sealer.restoreFiles() == [second])
        #expect(try sealed.epochs.map { try Data(contentsOf: $0) } == kept)
        #expect(try sealed.sealer.restoreFiles() == [])
        try FileManager.default.removeItem(at: sealed.folder)
        #expect(try sealed.sealer.seal() == nil)
        #expect(try sealed.epochs.map { try Data(contentsOf: $0) } == kept)
    }

    /// A worker may read the envelopes, which leave the database anyway; and what a superuser put
    /// there is not made into a file that vouches for it.
    @Test func `no file is made of an envelope that this key did not sign`() throws {
        let epoch = try #require(try sealed.sealer.seal())
        try FileManager.default.removeItem(at: sealed.epochs[0])
        let connection = sealed.desk.connection
        try connection.query("SET ROLE palimpsest_worker")
        let stranger = LogSealer(connection, key: SigningKey(), folder: sealed.folder)
        #expect(try stranger.restoreFiles() == [])
        try connection.query("RESET ROLE")
        try connection.execute(
            script: """
                SET session_replication_role = replica;
                UPDATE lineage.log_epoch SET envelope = replace(envelope, '"sig":"', '"sig":"AAAA');
                SET session_replication_role = origin;
                """
        )
        #expect(throws: ProofError.self) { try sealed.sealer.restoreFiles() }
        #expect(try sealed.epochs == [] && epoch.epoch == 1)
    }

    @Test func `a rolled back seal leaves no gap in the log`() throws {
        let before = try sealed.verifier.verify().entries
        struct TakenBack: Error {}
        #expect(throws: TakenBack.self) {
            try sealed.desk.connection.transaction {
                try sealed.desk.make(.train, "gone")
                throw TakenBack()
            }
        }
        try sealed.desk.make(.train, "stays")
        let report = try sealed.verifier.verify()
        #expect(report.findings == [] && report.entries > before)
    }
}

extension Sealed {
    /// SQL that drops what would keep a table's values in their bounds, its primary key only
    /// where `keys` says so.
    static func unbind(_ table: String, keys: Bool = false) -> String {
        """
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT conname FROM pg_constraint
                WHERE conrelid = 'lineage.\(table)'::regclass AND contype IN ('c', 'u'\(keys ? ", 'p'" : ""))
            LOOP
                EXECUTE format('ALTER TABLE lineage.\(table) DROP CONSTRAINT %I CASCADE', name);
            END LOOP;
            FOR name IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = 'lineage.\(table)'::regclass AND i.indisunique
                    AND NOT i.indisprimary
            LOOP
                EXECUTE format('DROP INDEX lineage.%I', name);
            END LOOP;
        END $$;
        """
    }

    static func open(_ table: String, _ column: String) -> String {
        "ALTER TABLE lineage.\(table) ALTER COLUMN \(column) DROP IDENTITY;"
    }

    /// A value where there was null.
    static func something(_ type: String) -> String {
        switch type {
        case "jsonb": "'{}'"
        case "bigint[]": "'{1}'::bigint[]"
        case "bytea[]": "'{}'::bytea[]"
        case "text[]": "'{}'::text[]"
        case "bytea": "'\\x00'::bytea"
        case "text": "'x'"
        case "xid8": "'1'::xid8"
        default: "NULL"
        }
    }

    /// A key that no row has.
    static func other(_ column: Column) -> String {
        column.type == "text" ? "\(column.name) || 'x'" : "\(column.name) + 1000000"
    }
}
