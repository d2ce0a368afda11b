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
        arguments: ["NAME"]
    ) { invocation in
        let name = invocation.arguments[0]
        let count = try open(name, officer())
        print("\(name) is open: jobs that forget its \(count) items, and no others, fulfil it")
    },
    Command(
        "forget erase",
        summary: "Destroys the key of a request: its list is unreadable for ever.",
        arguments: ["NAME"]
    ) { invocation in
        let file = try keyFile(invocation.arguments[0])
        guard try RequestKey.erase(file) else {
            throw UsageError("\(file.path) is not there; the list is unreadable already")
        }
        print("erased \(file.path); commitment and proofs stay")
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
