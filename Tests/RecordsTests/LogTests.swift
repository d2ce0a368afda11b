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

    @Test(arguments: [
        "DROP TABLE lineage.verdict CASCADE", "DROP TABLE lineage.forget_opening CASCADE",
        "ALTER TABLE lineage.verdict SET SCHEMA public",
        """
        ALTER TABLE lineage.verdict SET SCHEMA public;
        CREATE VIEW lineage.verdict AS SELECT * FROM public.verdict
        """, "DROP TABLE lineage.log_entry CASCADE", "DROP TABLE lineage.log_range CASCADE",
        "ALTER TABLE lineage.log_epoch RENAME TO log_epochs",
    ])
    func `a table that is gone, moved or something else is named`(sql: String) throws {
        try sealed.sealer.seal()
        let table = try #require(sql.firstMatch(of: /lineage\.(\w+)/)?.1)
        let found = try sealed.damage(sql + ";")
        #expect(found.contains { $0.table == table && $0.what.contains("table") }, "\(found)")
    }

    /// Whatever stands in the log, it is told and nothing breaks.
    @Test(arguments: ["0", "-7", "9007199254740991", "-9223372036854775808"])
    func `numbers that no log has are told`(number: String) throws {
        try sealed.sealer.seal()
        for sql in [
            "UPDATE lineage.log_epoch SET payload = regexp_replace(payload, '\"n\":\\d+', "
                + "'\"n\":\(number)', 'g')",
            "UPDATE lineage.log_epoch SET payload = regexp_replace(payload, "
                + "'\"epoch\":\\d+', '\"epoch\":\(number)')",
            "UPDATE lineage.log_epoch SET epoch = \(number)",
            "UPDATE lineage.log_entry SET n = \(number) WHERE n = 1 AND stream = 'policy'",
        ] {
            let unbound = ["log_epoch", "log_entry"].map { Sealed.unbind($0, keys: true) }.joined()
            let found = try sealed.damage(unbound + sql + ";", epochs: sealed.epochs)
            #expect(found.contains { $0.table.hasPrefix("log_") }, "\(sql)")
        }
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
