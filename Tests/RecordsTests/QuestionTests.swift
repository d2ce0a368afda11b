import Foundation
import Postgres
import Testing

/// The examples of Documentation/lineage.md, on the story that the page tells.
@Suite(.timeLimit(.minutes(2)))
struct QuestionTests {
    private struct Example {
        let sql: String
        let answer: [String]
    }

    private static func page() throws -> String {
        let page = Story.fixtures.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Documentation/lineage.md")
        return try String(contentsOf: page, encoding: .utf8)
    }

    private static func examples() throws -> [Example] {
        try page().matches(of: #/```sql\n([^`]+);\n```\n\n```text\n([^`]*)```/#).map { match in
            Example(
                sql: String(match.1),
                answer: match.2.split(separator: "\n", omittingEmptySubsequences: true)
                    .map(String.init)
            )
        }
    }

    @Test func `every example of the page gives the answer that is printed below it`() throws {
        let story = try Story()
        try story.run(file: "story.sql")
        let examples = try QuestionTests.examples()
        #expect(examples.count == 35)
        for example in examples {
            let rows = try story.connection.query(example.sql)
            let lines = try rows.map { row in
                try row.columnNames.map { try row.optional($0) ?? "" }.joined(separator: " | ")
            }
            #expect(lines == example.answer, "\(example.sql)")
        }
    }

    @Test func `officers decide as the page says`() throws {
        let story = try Story()
        try story.run(file: "story.sql")
        let part = try QuestionTests.page().components(separatedBy: "## What officers decide")
        let block = try #require(part.last?.firstMatch(of: #/```sql\n([^`]+)```/#))
        let tables = ["policy", "evaluator_event", "correction", "alias_event", "deployment_gate"]
        let counts = tables.map { "(SELECT count(*) FROM lineage.\($0))" }.joined(separator: ", ")
        let before = try story.column("SELECT ARRAY[\(counts)]")
        try story.connection.query("SET ROLE palimpsest_officer")
        try story.run(String(block.1))
        try story.connection.query("RESET ROLE")
        let one = "SELECT array_agg(x + 1) FROM unnest('\(before[0])'::bigint[]) x"
        #expect(try story.column("SELECT ARRAY[\(counts)]") == story.column(one))
    }

    @Test func `a reader may ask every question and nothing changes by it`() throws {
        let story = try Story()
        try story.run(file: "story.sql")
        let before = try story.column("SELECT count(*) FROM lineage.artifact")
        try story.connection.query("SET ROLE palimpsest_reader")
        try story.connection.query("SET default_transaction_read_only = on")
        for example in try QuestionTests.examples() { try story.connection.query(example.sql) }
        try story.connection.query("RESET ROLE")
        #expect(try story.column("SELECT count(*) FROM lineage.artifact") == before)
    }

    @Test func `the questions are stable and nothing of theirs is public`() throws {
        let story = try Story()
        let wrong = """
            SELECT p.proname FROM pg_proc p
            WHERE p.pronamespace = 'lineage'::regnamespace
                AND (has_function_privilege('public', p.oid, 'EXECUTE') OR (
                    p.provolatile = 'v'
                        AND has_function_privilege('palimpsest_reader', p.oid, 'EXECUTE')
                ) OR (p.prosecdef AND NOT coalesce(
                    p.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false
                )))
            """
        #expect(try story.column(wrong) == [])
    }

    @Test(arguments: [
        "zz", "abc", "0123456789a", String(repeating: "a", count: 65), "'; DROP TABLE x; --", "",
    ])
    func `a reference that means nothing is refused with what would`(reference: String) throws {
        let story = try Story()
        let error = #expect(throws: PostgresError.self) {
            try story.connection.query(
                "SELECT * FROM lineage.requests_status($1)",
                [.text(reference)]
            )
        }
        #expect(error?.sqlState == "PL010")
        #expect(error?.hint?.contains("give a name") == true)
    }
}
