import Commands
import Foundation
import Postgres
import Records

private let dot = Option("dot", help: "print a graph for Graphviz, from parents to children")

let treeCommand = Command(
    "lineage tree",
    summary: "Draws everything an artifact was made from.",
    arguments: ["REF"],
    options: [dot, asJSON]
) { invocation in
    try invocation.refuse("json", with: "dot")
    let reference = invocation.arguments[0]
    if invocation.flag("json") {
        return try print(document("lineage.edges_of($1)", [.text(reference)]))
    }
    let database = try Connections.find().openDatabase()
    if invocation.flag("dot") {
        let rows = try database.query("SELECT * FROM lineage.lineage_dot($1)", [.text(reference)])
        return try rows.forEach { print(try $0.text("line")) }
    }
    for line in branches(try Ledger(database).tree(of: reference)) { print(line) }
}

let pathCommand = Command(
    "lineage path",
    summary: "Draws one shortest way from A back to B.",
    arguments: ["A", "B"],
    options: [Option("roles", "VALUE", help: Question.roles.help), dot, asJSON]
) { invocation in
    let roles = try invocation.value("roles").map {
        try QuestionValue.roles.parameter($0, for: "--roles")
    }
    let values = invocation.arguments.map { Value.text($0) } + [roles ?? .null]
    try showWay(invocation, "lineage.path($1, $2, $3::text[])", values) { row in
        WayStep(try label(row), try row.text("kind"), role: try row.optional("role"))
    }
}

let weightPathCommand = Command(
    "lineage weight-path",
    summary: "Draws the way of the weights back to their root, with methods and requests.",
    arguments: ["REF"],
    options: [Option("limit", "VALUE", help: "rows at most; more are announced"), dot, asJSON]
) { invocation in
    var values = [Value.text(invocation.arguments[0])]
    if let limit = try invocation.integer("limit", in: Limits.rows) { values.append(.int(limit)) }
    let call = "lineage.weight_path(\(values.count > 1 ? "$1, $2" : "$1"))"
    try showWay(invocation, call, values) { row in
        let made = [try row.optional("run_kind"), try row.optional("method")].compactMap { $0 }
        let requests = try row.optional("requests").map {
            "for " + $0.filter { !"{}".contains($0) }
        }
        let text = (made.isEmpty ? "imported" : made.joined(separator: " "))
        return WayStep(
            try label(row),
            [text, requests].compactMap { $0 }.joined(separator: " "),
            role: try row.optional("role")
        )
    }
}

private func label(_ row: Row) throws -> String {
    try row.optional("name") ?? String(row.text("artifact").prefix(12))
}

/// The rows of `call`, each the parent of the one before it, as they were asked for.
private func showWay(
    _ invocation: Invocation,
    _ call: String,
    _ values: [Value],
    _ step: (Row) throws -> WayStep
) throws {
    try invocation.refuse("json", with: "dot")
    if invocation.flag("json") { return try print(document(call, values)) }
    let rows = try Connections.find().openDatabase().query("SELECT * FROM \(call)", values)
    guard let last = rows.last else { return print("nothing") }
    let isCut = try last.bool("truncated")
    let steps = try rows.map(step)
    if invocation.flag("dot") {
        print(graph(of: steps, isCut: isCut))
    } else {
        for line in drawn(steps) { print(line) }
        if isCut { print("… the way is longer") }
    }
}
