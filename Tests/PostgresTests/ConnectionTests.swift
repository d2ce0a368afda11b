import Foundation
import LocalStack
import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    let connection: Connection

    init() throws { connection = try Connection(PrivatePostgres.emptyTestDatabase()) }

    @Test func `values come back as they went`() throws {
        let bytes = Data((0...255).map { UInt8($0) })
        let id = UUID()
        let text = "O'Reilly \"\\ \n 漢字 🎨"
        let row = try #require(
            try connection.query(
                """
                SELECT $1 AS text, $2::bytea AS bytes, $3::bigint AS int, $4::float8 AS double,
                    $5::boolean AS bool, $6::uuid AS uuid, $7::text AS missing
                """,
                [
                    .text(text), .bytes(bytes), .int(Int.min), .double(0.1), .bool(true),
                    .uuid(id), .null,
                ]
            ).first
        )
        #expect(try row.text("text") == text)
        #expect(try row.bytes("bytes") == bytes)
        #expect(try row.int("int") == Int.min)
        #expect(try row.double("double") == 0.1)
        #expect(try row.bool("bool"))
        #expect(try row.uuid("uuid") == id)
        #expect(try row.optional("missing") == nil)
    }

    @Test func `an array keeps commas, quotes, braces and the word NULL`() throws {
        let items = ["a,b", "\"q\"", "{x}", "\\", "NULL", "", " "]
        let rows = try connection.query(
            "SELECT unnest($1::text[]) AS item",
            [.array(items)]
        )
        #expect(try rows.map { try $0.text("item") } == items)
    }

    @Test func `an infinite double comes back`() throws {
        let row = try connection.query("SELECT $1::float8 AS x", [.double(.infinity)]).first
        #expect(try row?.double("x") == .infinity)
    }

    @Test func `a text with a zero byte is refused before it is sent`() {
        #expect(throws: PostgresError.self) {
            try connection.query("SELECT $1", [.text("a\0b")])
        }
    }

    @Test func `an error carries its code, detail and hint`() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.execute(
                script: """
                    DO $$ BEGIN
                        RAISE 'no' USING ERRCODE = 'PL999', DETAIL = 'why', HINT = 'how';
                    END $$
                    """
            )
        }
        #expect(error == PostgresError(sqlState: "PL999", "no", detail: "why", hint: "how"))
        #expect(error.description == "Postgres: no (PL999); why; how")
    }

    @Test func `a missing column names those that are there`() throws {
        let row = try #require(try connection.query("SELECT 1 AS a, 2 AS b").first)
        let error = #expect(throws: PostgresError.self) { try row.int("c") }
        #expect(error?.message == "the result has no column 'c'; it has a, b")
        let wrong = #expect(throws: PostgresError.self) { try row.uuid("a") }
        #expect(wrong?.message == "column 'a' is '1', which is not a UUID")
    }

    @Test func `an error takes its transaction back, an inner one only its own part`() throws {
        try connection.execute(script: "CREATE TABLE seen (x integer)")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.query("INSERT INTO seen VALUES (1)")
                throw Stop()
            }
        }
        try connection.transaction {
            try connection.query("INSERT INTO seen VALUES (2)")
            #expect(throws: PostgresError.self) {
                try connection.transaction {
                    try connection.query("INSERT INTO seen VALUES (3)")
                    try connection.query("SELECT 1 / 0")
                }
            }
        }
        let rows = try connection.query("SELECT x FROM seen")
        #expect(try rows.map { try $0.int("x") } == [2])
    }

    @Test func `a connection that the server ends is known to be lost`() throws {
        let database = try PrivatePostgres.emptyTestDatabase()
        let victim = try Connection(database)
        let row = try victim.query("SELECT pg_backend_pid() AS pid").first
        let pid = try #require(try row?.int("pid"))
        try connection.query("SELECT pg_terminate_backend($1, 5000)", [.int(pid)])
        let error = #expect(throws: PostgresError.self) { try victim.query("SELECT 1") }
        #expect(error?.connectionLost == true)
        #expect(!victim.isOpen)
    }

    @Test func `no server is a lost connection that names the place`() {
        let error = #expect(throws: PostgresError.self) {
            try Connection("host=/nowhere dbname=x user=y")
        }
        #expect(error?.connectionLost == true)
        #expect(error?.message.contains("/nowhere") == true)
    }

    /// What libpq says of a mistyped connection string repeats a part of the password `s3cr…et`.
    @Test(arguments: [
        "postgresql://user:s3cr%et@127.0.0.1:1/db", "postgresql://user:s3cr@et@127.0.0.1:1/db",
        "postgresql://user:s3cr/et@127.0.0.1:1/db", "postgressql://user:s3cr-et@127.0.0.1/db",
        "postgresql://user:s3cr-et", "host=/nowhere password=it's3cr et", "s3cr-et",
        "host=/nowhere port=s3cr", "host=/nowhere port=5432,70000", "postgresql://u:p@h/db?et",
    ])
    func `a string that cannot be read is refused without a word of it`(conninfo: String) {
        let error = #expect(throws: PostgresError.self) { try Connection(conninfo) }
        let text = error?.description ?? ""
        #expect(error?.connectionLost == false, "\(text)")
        #expect(text.contains("PALIMPSEST_DATABASE is neither a URI"), "\(text)")
        for part in ["s3cr", "et@", "127.0", "70000"] { #expect(!text.contains(part), "\(text)") }
    }

    /// In these libpq takes the rest of a password for the place or the database, and they can be
    /// meant so; then it is not said where there was no server.
    @Test(arguments: [
        "postgresql://user:1234/et@nowhere.invalid/db", "postgresql://u:s3@nowhere.invalid/et@h/db",
        "postgresql://u:s3@@/et", "postgresql://user:s3?c@nowhere.invalid/et@h",
    ])
    func `a place that may be a part of a password is not shown`(conninfo: String) {
        let error = #expect(throws: PostgresError.self) { try Connection(conninfo) }
        let text = error?.description ?? ""
        #expect(error?.connectionLost == true && text.contains("written %40"), "\(text)")
        for part in ["1234", "user", "nowhere", "et@", "s3"] {
            #expect(!text.contains(part), "\(text)")
        }
    }

    @Test(arguments: [
        "postgresql://u:s3cret@nowhere.invalid:5432,:5433/db?application_name=x",
        "host=nowhere.invalid port=1 password='s3cret@x/y'",
    ])
    func `a string that is well written is connected by, and its place told`(conninfo: String) {
        let error = #expect(throws: PostgresError.self) { try Connection(conninfo) }
        let text = error?.description ?? ""
        #expect(error?.connectionLost == true && text.contains("nowhere.invalid"), "\(text)")
        #expect(!text.contains("s3cret"), "\(text)")
    }

    @Test func `a session connects again after its connection broke`() async throws {
        let session = Session(try PrivatePostgres.emptyTestDatabase())
        let backend: @Sendable (Connection) throws -> Int = { connection in
            try connection.query("SELECT pg_backend_pid() AS pid").first?.int("pid") ?? 0
        }
        let first = try await session.use(backend)
        #expect(try await session.use(backend) == first)
        try connection.query("SELECT pg_terminate_backend($1, 5000)", [.int(first)])
        await #expect(throws: PostgresError.self) { try await session.use(backend) }
        #expect(try await session.use(backend) != first)
    }
}
