import Postgres
import Records
import Testing

/// Chains of entries that lie in the table in another order than that of their numbers, as after a
/// table was written anew, or with some missing.
@Suite(.timeLimit(.minutes(2)))
struct LogOrderTests {
    let sealed: Sealed

    init() throws {
        sealed = try Sealed()
        try sealed.sealer.seal()
    }

    /// The entries written again in the order of `order`, without those where `gone` holds.
    private static func rewrite(by order: String, without gone: String = "false") -> String {
        """
        CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM lineage.log_entry;
        DELETE FROM lineage.log_entry;
        INSERT INTO lineage.log_entry SELECT * FROM kept WHERE NOT (\(gone)) ORDER BY \(order);
        """
    }

    @Test(arguments: ["stream, n", "n DESC, stream", "stream DESC, n % 3, n", "hash"])
    func `the order in the table does not matter`(order: String) throws {
        #expect(try sealed.damage(Self.rewrite(by: order)) == [])
    }

    /// The rows of the entries that are gone are told too.
    @Test(arguments: ["stream, n", "n DESC", "hash"])
    func `each gap is told once`(order: String) throws {
        let longest = try #require(
            try sealed.desk.connection.query(
                "SELECT stream FROM lineage.log_entry GROUP BY 1 ORDER BY count(*) DESC, 1"
            ).first
        ).text("stream")
        let gone = "stream = '\(longest)' AND n IN (2, 3)"
        let found = try sealed.damage(Self.rewrite(by: order, without: gone))
        let gaps = found.filter { $0.table == "log_entry" }
        #expect(
            gaps == [
                LogFinding(
                    "log_entry",
                    "\(longest)/4",
                    column: "n",
                    "comes after entry 1; those between were removed"
                )
            ]
        )
        #expect(found.filter { $0.what.contains("no entry in the log") }.count == 2)
        #expect(found.contains { $0.table == "log_epoch" && $0.column == "root" })
    }

    @Test(arguments: [1, 2])
    func `an entry that is there twice is told`(number: Int) throws {
        let found = try sealed.damage(
            Sealed.unbind("log_entry", keys: true)
                + "INSERT INTO lineage.log_entry SELECT * FROM lineage.log_entry "
                + "WHERE stream = 'policy' AND n = \(number);"
        )
        #expect(
            found.contains {
                $0.key == "policy/\(number)" && $0.what.contains("another entry of this number")
            }
        )
    }
}
