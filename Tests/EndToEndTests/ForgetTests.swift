import Foundation
import Jobs
import Postgres
import Records
import TestSupport
import Testing

/// What becomes public of a request to forget, and when.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ForgetTests {
    private static func job(_ classes: String, _ request: String) -> String {
        """
        echo '{"kind": "unlearn", "spec": {"method": "saddle", "forget": [\(classes)]},
        "inputs": {"original": "teacher", "forget_request": "\(request)"}}' | palimpsest submit -
        """
    }

    private static func request(_ name: String, _ scope: String, _ items: String) -> String {
        "printf '\(items)' | palimpsest forget request \(name) --items - --scope \(scope) "
            + "--dataset photos"
    }

    @Test func `submit opens a request about classes that are the job's, and no other`() throws {
        let stack = try TestStack(workers: [.unlearn])
        let fixtures = repository.appending(path: "Tests/Fixtures/ledger.sql")
        try stack.database.execute(script: String(contentsOf: fixtures, encoding: .utf8))
        try stack.database.query("SELECT story.data('photos'), story.train('teacher', 'photos')")
        func say(_ command: String, _ status: Int32, _ words: String) throws {
            let answer = try Programs.shell(command, stack.environment)
            #expect(answer.status == status, "\(command): \(answer.text)")
            #expect(answer.text.contains(words), "\(command): \(answer.text)")
        }
        func opened() throws -> [String] {
            try stack.database.query("SELECT name FROM lineage.requests WHERE opened ORDER BY name")
                .map { try $0.text("name") }
        }
        for scope in ["sample", "subject", "dataset"] {
            try say(ForgetTests.request(scope, scope, "ann@example.org\\n"), 0, "1 items")
            try say(ForgetTests.job(#""star""#, scope), 0, "-")
        }
        try say(ForgetTests.request("wish", "concept", "star\\nring\\n"), 0, "to 2 items")
        let jobs = "SELECT count(*) AS n FROM queue.job"
        let before = try stack.database.query(jobs).first?.int("n")
        for classes in [#""star""#, #""star", "ring", "dot""#, #""star", "Ring""#] {
            try say(ForgetTests.job(classes, "wish"), 1, ": the job forgets other classes than")
        }
        #expect(try opened().isEmpty)
        #expect(try stack.database.query(jobs).first?.int("n") == before)
        #expect(try stack.database.query("SELECT FROM queue.rejection").isEmpty)
        try say(ForgetTests.job(#""ring", "star""#, "wish"), 0, "-")
        #expect(try opened() == ["wish"])

        try say("palimpsest forget open subject", 64, "Give --publish-items to do it")
        #expect(try opened() == ["wish"])
        try say("palimpsest forget open subject --publish-items", 0, "subject is open")
        #expect(try opened() == ["subject", "wish"])
        let still = "subject was opened, which stays in the ledger: whoever guesses one of"
        try say("palimpsest forget erase subject", 0, still)
        try say("palimpsest forget erase subject", 64, "the list is unreadable already")
        let quiet = try Programs.shell("palimpsest forget erase sample", stack.environment)
        #expect(quiet.status == 0 && !quiet.text.contains("opened"), "\(quiet.text)")
    }

    /// The desk has no broker.
    @Test func `a job that nobody takes opens nothing`() throws {
        let desk = try StoryDesk()
        #expect(try desk.shell(ForgetTests.request("a", "style", "star")).status == 0)
        let (text, status) = try desk.shell(ForgetTests.job(#""star""#, "a"))
        #expect(status == 1, "\(text)")
        let opened = "SELECT FROM lineage.requests WHERE name = 'a' AND opened"
        #expect(try desk.database.query(opened).isEmpty)
    }

    @Test func `a key is erased where it is, without a database too`() throws {
        let desk = try StoryDesk()
        for name in ["a", "b"] {
            #expect(try desk.shell(ForgetTests.request(name, "subject", "ann")).status == 0)
        }
        let moved = try desk.shell(
            "mkdir $PALIMPSEST_KEYS/far; mv $PALIMPSEST_KEYS/a.key $PALIMPSEST_KEYS/far/a; "
                + "ln -s far/a $PALIMPSEST_KEYS/a.key; palimpsest forget list a; "
                + "palimpsest forget erase a"
        )
        #expect(moved.status == 1 && moved.text.hasPrefix("ann\n"), "\(moved.text)")
        #expect(moved.text.contains("\(desk.keys)/a.key is a link to "), "\(moved.text)")
        #expect(moved.text.contains("/far/a; erase that file"), "\(moved.text)")
        #expect(try desk.palimpsest("forget list a").text == "ann\n")
        let alone = try desk.shell("PALIMPSEST_DATABASE=host=/nowhere palimpsest forget erase b")
        #expect(alone.status == 0, "\(alone.text)")
        #expect(alone.text.hasPrefix("erased ") && alone.text.contains("b was opened is not known"))
        #expect(!FileManager.default.fileExists(atPath: desk.keys + "/b.key"))
    }
}
