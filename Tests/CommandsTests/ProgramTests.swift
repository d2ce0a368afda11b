import Commands
import Synchronization
import Testing

@testable import Commands

struct ProgramTests {
    private func run(_ words: String...) throws -> [String] {
        let seen = Mutex<[String]>([])
        let command = Command(
            "data import",
            summary: "Imports.",
            arguments: ["NAME", "[PATH…]"],
            options: [
                Option("size", "N", letter: "s", help: "how large"),
                Option("strict", help: "all or nothing"),
            ]
        ) { call in
            let size = try call.integer("size").map(String.init) ?? "none"
            seen.withLock { $0 = [size, "\(call.flag("strict"))"] + call.arguments }
        }
        try Program("test", summary: "Tests.", commands: [command]).run(words)
        return seen.withLock { $0 }
    }

    @Test func `options are sorted from arguments`() throws {
        #expect(
            try run("data", "import", "a", "--size", "3", "b", "--strict") == [
                "3", "true", "a", "b",
            ]
        )
        #expect(try run("data", "import", "--size=4", "a") == ["4", "false", "a"])
        #expect(try run("data", "import", "-s", "5", "a", "-") == ["5", "false", "a", "-"])
        #expect(try run("data", "import", "a", "--", "--size") == ["none", "false", "a", "--size"])
    }

    @Test(arguments: [
        (["data", "import", "a", "--sise", "3"], "did you mean '--size'?"),
        (["data", "import", "a", "--size"], "needs a value"),
        (["data", "import", "a", "--size", "x"], "--size got 'x'; it takes a whole number"),
        (["data", "import", "a", "--size", "0"], "a whole number from 1 to 9"),
        (["data", "import", "a", "--size", "10"], "--size got '10'"),
        (["data", "import", "a", "--json", "--dot"], "--json and --dot cannot both be had"),
        (["data", "import", "a", "--json=x"], "--json takes no value"),
        (["data", "import"], "usage: test data import NAME"), (["data"], "data import"),
        (["dota"], "no command 'dota'"),
    ])
    func `a wrong call is told what is right`(words: [String], says: String) {
        let command = Command(
            "data import",
            summary: "Imports.",
            arguments: ["NAME"],
            options: [
                Option("size", "N", help: "how large"), Option("json", help: "as JSON"),
                Option("dot", help: "as a graph"),
            ]
        ) { call in
            _ = try call.integer("size", in: 1...9)
            try call.refuse("json", with: "dot")
        }
        let error = #expect(throws: UsageError.self) {
            try Program("test", summary: "", commands: [command]).run(words)
        }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
}
