import Testing

@testable import Commands

/// What a program says of itself, and to those who misspell.
struct HelpTests {
    private let program = Program(
        "test",
        summary: "Tests.",
        commands: [
            "lineage original", "lineage tree", "forget list", "deploy", "dead-letters list",
        ].map { name in
            Command(name, summary: "Does \(name).", arguments: ["REF"]) { _ in }
        }
    )

    @Test(arguments: [
        ([], "usage: test COMMAND"), (["lineage"], "  lineage tree        Does lineage tree."),
        (["lineage", "tree"], "usage: test lineage tree REF"),
        (["deploy"], "usage: test deploy REF"), (["help"], "usage: test help [COMMAND]"),
        (["lineage", "tree", "x"], "usage: test lineage tree REF"),
    ])
    func `help is of everything, a group or a command`(words: [String], says: String) throws {
        #expect(try program.help(with: words[...]).contains(says))
    }

    @Test(arguments: [
        (["lineage", "orignal", "x"], "'lineage orignal'; did you mean 'lineage original'?"),
        (["linage", "tree"], "did you mean 'lineage tree'?"),
        (["deplyo", "x"], "'deplyo'; did you mean 'deploy'?"),
        (["lineage", "nope"], "'lineage nope'; `test help lineage` lists them"),
        (["nope"], "there is no command 'nope'; `test help` lists them"),
        (["lineage"], "'lineage' needs one of these after it:\n  lineage original"),
    ])
    func `a misspelt command is told the nearest`(words: [String], says: String) {
        let error = #expect(throws: UsageError.self) { try program.run(words) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
}
