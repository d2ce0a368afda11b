import Postgres
import Testing

/// What officers and deployers say wrongly is refused in sentences, never by a row that failed.
@Suite(.timeLimit(.minutes(2)))
struct SaidWellTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
    }

    private func refusal(_ call: String) throws -> PostgresError {
        let error = #expect(throws: PostgresError.self, "\(call)") {
            try story.connection.transaction { try story.connection.query("SELECT \(call)") }
        }
        return try #require(error)
    }

    private static let request = "lineage.request_forgetting"

    @Test(arguments: [
        ("\(request)('a', 'zzz', sha256(''), 1, 'b', '{}')", "PL080", "'zzz' is no scope"),
        ("\(request)('a', 'style', sha256(''), 1, 'Ann', '{}')", "PL080", "is one word"),
        ("\(request)('a', 'style', '\\x00', 1, 'b', '{}')", "PL080", "32 bytes"),
        ("\(request)('Ann Smith', 'style', sha256(''), 1, 'b', '{}')", "PL080", "name a request"),
        ("\(request)('deadbeefdeadbeef', 'style', sha256(''), 1, 'b', '{}')", "PL080", "digest"),
        ("\(request)('a', 'style', sha256(''), 1, 'b', '{}', '2020-01-01')", "PL080", "the past"),
        ("\(request)('wish', 'style', sha256(''), 1, 'b', '{}')", "PL056", "'wish' exists"),
        ("lineage.withdraw_request('wish', 'wish')", "PL080", "its own place"),
        ("lineage.add_source('wish', 'clean', 'guessed')", "PL080", "known are declared"),
        ("lineage.deploy('clean', 'lab', 'flying')", "PL080", "known are live, drained"),
        ("lineage.deploy('clean', E'a\\nb')", "PL080", "name an environment"),
        ("lineage.set_gate('Ann Smith', true)", "PL080", "name an environment"),
        ("lineage.deploy('timid', 'x')", "PL055", "'timid' is failed for request 'wish' and must"),
        ("lineage.give('photos', 'nobody')", "PL059", "no tenant 'nobody'"),
        ("lineage.tag('clean', 'Ann Smith')", "PL080", "cannot name an artifact"),
        ("lineage.tag('clean', 'deadbeefdeadbeef')", "PL080", "look like a digest"),
        ("lineage.tag('clean', 'deadbeef-0000-4000-8000-000000000000')", "PL080", "id of a job"),
        ("lineage.tag('clean', NULL)", "PL080", "cannot name an artifact"),
        ("lineage.tag('nothing', 'x')", "PL010", "no artifact is known as 'nothing'"),
        ("lineage.tag('clean', 'clean')", "PL081", "already"),
        ("lineage.add_tenant('Ann Smith 1990-01-01')", "PL080", "name a tenant"),
        ("lineage.add_tenant(NULL)", "PL080", "name a tenant"),
        ("lineage.adopt_policy('Ann Smith', 0, 1, 0, 1)", "PL080", "name a policy"),
        ("lineage.register_evaluator(sha256('x'), 'Ann Smith', 1)", "PL080", "is one word"),
    ])
    func `what is wrong is said, with what would be right`(
        call: String,
        state: String,
        says: String
    ) throws {
        let error = try refusal(call)
        #expect(error.sqlState == state, "\(error)")
        #expect("\(error)".contains(says), "\(error)")
        #expect(!"\(error)".contains("Failing row") && !"\(error)".contains("Ann"), "\(error)")
    }

    @Test func `what is so already is said to be`() throws {
        try story.run("SELECT lineage.withdraw_request('wish')")
        let again = try refusal("lineage.withdraw_request('wish')")
        #expect(again.sqlState == "PL081")
        #expect(again.message == "request 'wish' is withdrawn already")
        try story.run("SELECT story.request('other', 'photos')")
        let over = try refusal("lineage.withdraw_request('other', 'wish')")
        #expect(over.sqlState == "PL080" && over.message.contains("is over"))
        try story.run("SELECT lineage.add_tenant('acme')")
        #expect(try refusal("lineage.add_tenant('acme')").message == "the tenant 'acme' exists")
        let early = try refusal("lineage.give('clean', 'acme')")
        #expect(early.sqlState == "PL059")
        #expect(early.message.contains("'clean'"), "\(early)")
        try story.run("SELECT story.data('alone'), lineage.give('alone', 'acme')")
        #expect(try refusal("lineage.give('alone', 'acme')").sqlState == "PL081")
    }

    @Test func `a name means what it was given to last, and before what it meant then`() throws {
        try story.run("SELECT lineage.tag('forgetful', 'released')")
        let then = try story.column("SELECT clock_timestamp()")[0]
        try story.run("SELECT lineage.tag('twice', 'released')")
        let depth = "SELECT weight_depth FROM lineage.original_of('released')"
        #expect(try story.column(depth) == ["2"])
        let old = "SELECT lineage.resolve('released', '\(then)') = lineage.resolve('forgetful')"
        #expect(try story.column(old) == ["true"])
        try story.run("SELECT lineage.add_tenant('acme'), story.data('alone')")
        try story.run("SELECT lineage.give('alone', 'acme')")
        #expect(try refusal("lineage.tag('alone', 'released')").sqlState == "PL059")
        try story.run("SELECT lineage.tag('alone', 'acme-only')")
        #expect(try refusal("lineage.tag('twice', 'acme-only')").sqlState == "PL059")
    }

    @Test func `a deployment is refused with every request that stands in its way`() throws {
        try story.run("SELECT story.request('more', 'photos')")
        let error = try refusal("lineage.deploy('old-student', 'production')")
        #expect(
            error.message == "'old-student' is exposed for request 'wish', exposed for request "
                + "'more' and must not go live in production"
        )
    }
}
