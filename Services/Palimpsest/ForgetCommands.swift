import Commands
import Foundation
import Postgres
import Proofs

/// What those do who answer for requests to forget.
let forgetCommands = [
    forgetRequestCommand,
    Command(
        "forget list",
        summary: "Shows the items of a request, while its key is there.",
        arguments: ["NAME"]
    ) { invocation in
        for item in try items(of: invocation.arguments[0]) { print(item) }
    },
    Command(
        "forget open",
        summary: "Lets jobs fulfil a request about classes; who guesses one can then be sure.",
        arguments: ["NAME"],
        options: [
            Option(
                "publish-items",
                help: "also where they are no classes: anybody can test guesses of them for ever"
            )
        ]
    ) { invocation in
        let name = invocation.arguments[0]
        let publishing = invocation.flag("publish-items")
        let count = try open(name, publishingItems: publishing, officer())
        print("\(name) is open: jobs that forget its \(count) items, and no others, fulfil it")
    },
    Command(
        "forget erase",
        summary: "Destroys the key of a request: its list is unreadable for ever.",
        arguments: ["NAME"]
    ) { invocation in
        let name = invocation.arguments[0]
        let file = try keyFile(name)
        guard try RequestKey.erase(file) else {
            throw UsageError("\(file.path) is not there; the list is unreadable already")
        }
        print("erased \(file.path); commitment and proofs stay")
        if let rest = leftOpen(name) { print(rest) }
    },
    Command(
        "forget requests",
        summary: "Lists all requests."
    ) { _ in
        let rows = try officer().query(
            "SELECT name, scope, items, basis, state, opened, due_at, applications FROM "
                + "lineage.requests ORDER BY seq DESC"
        )
        try Answer(rows).show()
    },
    Command(
        "forget withdraw",
        summary: "Withdraws a request, or puts another in its place.",
        arguments: ["NAME", "[BY]"]
    ) { invocation in
        let (name, by) = (invocation.arguments[0], invocation.arguments.dropFirst().first)
        guard by != name else {
            throw UsageError("BY got '\(name)', the request itself; name the one in its place")
        }
        try officer().query(
            "SELECT lineage.withdraw_request($1, $2)",
            [.text(name), .text(by)]
        )
        print("\(name) is " + (by.map { "superseded by \($0)" } ?? "withdrawn"))
    },
]

func officer() throws -> Connection { try Connections.find().openDatabase() }

/// What the end of its key does not take back of the request `name`; nil where that is nothing.
private func leftOpen(_ name: String) -> String? {
    do {
        let row = try officer().query(
            "SELECT opened FROM lineage.requests WHERE name = $1",
            [.text(name)]
        ).first
        guard try row?.bool("opened") == true else { return nil }
        return "\(name) was opened, which stays in the ledger: whoever guesses one of its items "
            + "can still be sure"
    } catch {
        return "whether \(name) was opened is not known: \(sentence(of: explained(error)))"
    }
}
