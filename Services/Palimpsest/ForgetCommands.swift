import Commands
import Foundation
import Jobs
import Postgres
import Proofs

/// What those do who answer for requests, verdicts and deployments.
let forgetCommands = [
    Command(
        "forget request",
        summary: "Opens a request to forget, of which the database learns a commitment only.",
        arguments: ["NAME"],
        options: [
            Option("classes", "A,B", help: "what to forget, by name"),
            Option("items", "FILE", help: "what to forget, one a line"),
            Option("dataset", "REF,REF", help: "where it came in"),
            Option("scope", "SCOPE", help: "sample, subject, concept (default), style, dataset"),
            Option("basis", "WORD", help: "why, in a word; subject_request by default"),
            Option("due", "DATE", help: "until when, such as 2027-01-31"),
        ],
        run: openRequest
    ),
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
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw UsageError("\(file.path) is not there; the list is unreadable already")
        }
        try FileManager.default.removeItem(at: file)
        print("erased \(file.path); commitment and proofs stay")
    },
    Command(
        "forget requests",
        summary: "Lists all requests."
    ) { _ in
        try show(
            "SELECT name, scope, items, basis, state, opened, due_at, applications FROM "
                + "lineage.requests ORDER BY seq DESC",
            []
        )
    },
    Command(
        "forget withdraw",
        summary: "Withdraws a request, or puts another in its place.",
        arguments: ["NAME", "[BY]"]
    ) { invocation in
        let call = "SELECT lineage.withdraw_request($1, $2)"
        let by = invocation.arguments.dropFirst().first
        try officer().query(call, [.text(invocation.arguments[0]), .text(by)])
    },
    Command(
        "lineage verdict",
        summary: "Judges an unlearned checkpoint again, under the policy in force.",
        arguments: ["REF", "REQUEST"],
        options: [Option("withdraw", help: "take the current verdict back instead")]
    ) { invocation in
        let values = invocation.arguments.map { Value.text($0) }
        if invocation.flag("withdraw") {
            try officer().query("SELECT lineage.withdraw_verdict($1, $2)", values)
        } else {
            try show("SELECT * FROM lineage.judge($1, $2)", values)
        }
    },
    Command(
        "deploy",
        summary: "Says where an artifact is in use: live, drained, retired or blocked.",
        arguments: ["REF", "ENVIRONMENT", "[EVENT]"]
    ) { invocation in
        let event = invocation.arguments.dropFirst(2).first ?? "live"
        let values = invocation.arguments.prefix(2).map { Value.text($0) } + [.text(event)]
        try officer().query("SELECT lineage.deploy($1, $2, $3)", values)
    },
]

private func officer() throws -> Connection { try Connections.find().openDatabase() }

private func show(_ sql: String, _ values: [Value]) throws {
    let rows = try officer().query(sql, values)
    guard let header = rows.first?.columnNames else { return print("nothing") }
    printTable(header, try rows.map { row in try header.map { try row.optional($0) ?? "" } })
}

/// Opens the request `name`, whose key must be here; returns how many items it has.
@discardableResult
private func open(_ name: String, _ database: Connection) throws -> Int {
    let key = try RequestKey(file: try keyFile(name))
    let opening = RequestOpening(of: try items(of: name), under: key)
    let codes = opening.codes.map { "\"\\\\x\($0.hex)\"" }.joined(separator: ",")
    try database.query(
        "SELECT lineage.open_forgetting($1, $2::bytea, $3::bytea[])",
        [.text(name), .bytes(opening.itemKey), .text("{\(codes)}")]
    )
    return opening.codes.count
}

/// Opens the request that an unlearning job names, where its key is here and nobody did before.
func openRequest(of request: JobRequest, _ database: Connection) throws {
    guard request.kind == .unlearn, let name = request.inputs["forget_request"] else { return }
    let closed = try database.query(
        "SELECT FROM lineage.requests WHERE name = $1 AND NOT opened",
        [.text(name)]
    )
    guard !closed.isEmpty, FileManager.default.fileExists(atPath: try keyFile(name).path) else {
        return
    }
    try open(name, database)
}

/// Where the keys of requests lie: `$PALIMPSEST_KEYS`, else beside the stack, never in Postgres.
private func keyFile(_ name: String) throws -> URL {
    guard name.wholeMatch(of: #/[A-Za-z][A-Za-z0-9._-]{0,99}/#) != nil else {
        throw UsageError(
            "'\(name)' cannot name a request; it takes a letter and up to 99 letters, digits, "
                + "dots, dashes and underscores"
        )
    }
    let given = ProcessInfo.processInfo.environment["PALIMPSEST_KEYS"].map { URL(filePath: $0) }
    let folder = given ?? Connections.home.appending(path: "keys")
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
    )
    return folder.appending(path: name + ".key")
}

private func openRequest(_ invocation: Invocation) throws {
    let name = invocation.arguments[0]
    var items = list(invocation.value("classes"))
    if let file = invocation.value("items") {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw UsageError("--items got '\(file)', which cannot be read")
        }
        items += text.split(whereSeparator: \.isNewline).map(String.init)
    }
    guard !items.isEmpty else {
        throw UsageError("say what to forget: --classes A,B or --items FILE")
    }
    let sources = list(invocation.value("dataset"))
    guard !sources.isEmpty else { throw UsageError("say where it came in: --dataset REF,REF") }
    let file = try keyFile(name)
    let key = RequestKey()
    try key.write(to: file)
    do {
        let sealed = try SealedList(items, for: name, under: key)
        let commitment = Commitment(to: items, under: key)
        let row = try officer().query(
            """
            SELECT lineage.request_forgetting(
                $1, $2, $3::bytea, $4, $5, $6::text[], $7::timestamptz, 'default', $8::bytea,
                $9::bytea
            ) AS id
            """,
            [
                .text(name), .text(invocation.value("scope") ?? "concept"),
                .bytes(Data(commitment.root.bytes)), .int(commitment.count),
                .text(invocation.value("basis") ?? "subject_request"),
                .text("{" + sources.map { "\"\($0)\"" }.joined(separator: ",") + "}"),
                .text(invocation.value("due")), .bytes(sealed.nonce), .bytes(sealed.ciphertext),
            ]
        ).first
        print("\(name)  \(try row?.text("id") ?? "")  commits to \(commitment.count) items")
        print("its key is \(file.path); without it the list cannot be read")
    } catch {
        // A key without a request would stand in the way of the next try.
        try FileManager.default.removeItem(at: file)
        throw error
    }
}

private func list(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
}

private func items(of name: String) throws -> [String] {
    let file = try keyFile(name)
    guard FileManager.default.fileExists(atPath: file.path) else {
        throw UsageError("\(file.path) is not there: the list of '\(name)' cannot be read")
    }
    let row = try officer().query("SELECT * FROM lineage.sealed_list($1)", [.text(name)]).first
    guard let row, try row.optional("ciphertext") != nil else {
        throw UsageError("request '\(name)' came without a list")
    }
    let sealed = SealedList(bytes: try row.bytes("nonce") + row.bytes("ciphertext"))
    return try sealed.items(for: name, under: RequestKey(file: file))
}
