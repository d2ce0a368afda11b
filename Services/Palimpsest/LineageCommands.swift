import Commands
import Foundation
import Jobs
import Postgres
import Records

/// The questions of an auditor; a REF is a name, a digest or at least twelve digits of one, or the
/// id of a finished job.
let lineageCommands = Question.all.map(\.command) + [treeCommand, pathCommand]

private let json = Option("json", help: "print JSON")
private let dot = Option("dot", help: "print a graph for Graphviz")

extension Question {
    fileprivate var command: Command {
        Command(
            "lineage " + name,
            summary: summary,
            arguments: arguments,
            options: options.map { Option($0.name, "VALUE", help: $0.help) } + [json]
        ) { invocation in
            let answer = try Answer(ask(invocation), json: invocation.flag("json"))
            answer.show()
        }
    }

    /// The call of the function, with its values as parameters.
    private func ask(_ invocation: Invocation) -> (call: String, values: [Value]) {
        var values = invocation.arguments.map { Value.text($0) }
        var terms = values.indices.map { "$\($0 + 1)" }
        for option in options {
            guard let value = invocation.value(option.name) else { continue }
            values.append(.text(value))
            terms.append("\(option.parameter) => $\(values.count)")
        }
        // Untyped, so that each takes the type of its parameter.
        return ("lineage.\(function)(\(terms.joined(separator: ", ")))", values)
    }
}

/// Rows of any function, for people or for programs.
private struct Answer {
    private let columns: [String]
    private let rows: [[String]]
    private let document: String?

    init(_ question: (call: String, values: [Value]), json: Bool) throws {
        let database = try Connections.find().openDatabase()
        if json {
            let sql = "SELECT coalesce(json_agg(q), '[]')::text AS answer FROM \(question.call) q"
            document = try database.query(sql, question.values).first?.text("answer")
            (columns, rows) = ([], [])
            return
        }
        let found = try database.query("SELECT * FROM \(question.call)", question.values)
        document = nil
        columns = found.first?.columnNames ?? []
        rows = try found.map { row in
            try (found.first?.columnNames ?? []).map { try row.optional($0) ?? "" }
        }
    }

    func show() {
        if let document { return print(document) }
        guard !rows.isEmpty else { return print("nothing") }
        let kept = columns.indices.filter { columns[$0] != "truncated" }
        let titles = kept.map { columns[$0].replacing("_", with: " ") }
        if rows.count == 1, kept.count > 5 {
            printTable(["", ""], zip(titles, kept).map { [$0, shown(rows[0][$1])] })
        } else {
            printTable(titles, rows.map { row in kept.map { shown(row[$0]) } })
        }
        let cut = columns.firstIndex(of: "truncated").map { rows[0][$0] == "t" } ?? false
        if cut { print("… cut after \(rows.count) rows; --limit N shows more") }
    }

    private func shown(_ cell: String) -> String {
        if cell == "t" { return "yes" }
        if cell == "f" { return "no" }
        // Twelve digits of a digest are a reference; --json has all of them.
        if cell.wholeMatch(of: #/[0-9a-f]{64}/#) != nil { return String(cell.prefix(12)) }
        if cell.contains("."), let value = Double(cell) { return number(value) }
        return cell
    }
}

private let treeCommand = Command(
    "lineage tree",
    summary: "Draws everything an artifact was made from.",
    arguments: ["REF"],
    options: [dot, json]
) { invocation in
    let reference = invocation.arguments[0]
    let database = try Connections.find().openDatabase()
    if invocation.flag("json") {
        return try Answer(("lineage.edges_of($1)", [.text(reference)]), json: true).show()
    }
    if invocation.flag("dot") {
        let rows = try database.query("SELECT * FROM lineage.lineage_dot($1)", [.text(reference)])
        return try rows.forEach { print(try $0.text("line")) }
    }
    for line in branches(try Ledger(database).tree(of: reference)) { print(line) }
}

private let pathCommand = Command(
    "lineage path",
    summary: "Draws one shortest way from A back to B.",
    arguments: ["A", "B"],
    options: [Option("roles", "ROLES", help: "follow these roles only: {init,teacher}"), dot, json]
) { invocation in
    let values: [Value] = [
        .text(invocation.arguments[0]), .text(invocation.arguments[1]),
        .text(invocation.value("roles")),
    ]
    let call = "lineage.path($1, $2, $3::text[])"
    if invocation.flag("json") { return try Answer((call, values), json: true).show() }
    let rows = try Connections.find().openDatabase().query("SELECT * FROM \(call)", values)
    guard let last = rows.last else { return print("nothing") }
    let steps = try rows.map { row in
        (
            label: try row.optional("name") ?? String(row.text("artifact").prefix(12)),
            kind: try row.text("kind"), role: try row.optional("role")
        )
    }
    if try last.bool("truncated") { return print("… the way is longer than was looked") }
    if invocation.flag("dot") { return print(graph(of: steps)) }
    for (depth, step) in steps.enumerated() {
        let before = depth == 0 ? "" : String(repeating: "   ", count: depth - 1) + "└─ "
        let role = depth == 0 ? "" : (steps[depth - 1].role ?? "") + ": "
        print(before + role + step.label + "  " + step.kind)
    }
}
