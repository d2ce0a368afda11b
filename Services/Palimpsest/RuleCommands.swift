import Commands
import Foundation
import Jobs
import LocalStack
import Postgres
import Records

/// What the log does not tell: rules taken out of force, and what was written meanwhile.
let ruleCommands = [
    Command(
        "lineage verify-rules",
        summary: "Compares the database's rules and rights with those of its migrations.",
        options: [json]
    ) { invocation in try verifyRules(invocation) },
    Command(
        "lineage verify-rows",
        summary: "Computes the invariants of all rows anew, whoever wrote them.",
        options: [json]
    ) { invocation in try verifyRows(invocation) },
]

private let json = Option("json", help: "print JSON")

private func verifyRules(_ invocation: Invocation) throws {
    try withBlueprint { blueprint in
        let report = try RuleVerifier(blueprint).verify()
        try show(report.findings, invocation) {
            printTable(
                ["", "kind", "name", "part", "it is", "due is"],
                report.findings.map {
                    [$0.fault.rawValue, $0.kind, $0.name, $0.part, $0.found ?? "", $0.due ?? ""]
                }
            )
        }
        if !invocation.flag("json") {
            print(
                "\(report.rules) rules and rights compared, of schema \(blueprint.version); "
                    + "the newest known is \(blueprint.newest)"
            )
        }
        guard report.findings.isEmpty else {
            throw Findings("\(report.findings.count) rules are not those of the migrations")
        }
    }
}

private func verifyRows(_ invocation: Invocation) throws {
    try withBlueprint { blueprint in
        let report = try RowVerifier(blueprint).verify()
        try show(report.findings, invocation) {
            printTable(
                ["", "table", "key", "what"],
                report.findings.map { [$0.invariant ?? "", $0.table, $0.key, $0.what] }
            )
        }
        if !invocation.flag("json") {
            print("\(report.rows) rows asked \(report.checks) questions")
        }
        guard report.findings.isEmpty else {
            throw Findings("\(report.findings.count) rows break an invariant")
        }
    }
}

/// Prints findings as JSON, or as `table` does.
private func show(
    _ findings: [some Encodable],
    _ invocation: Invocation,
    table: () -> Void
) throws {
    if invocation.flag("json") {
        print(String(decoding: try JSON(encoding: findings).canonical, as: UTF8.self))
    } else if !findings.isEmpty {
        table()
    }
}

/// Runs `body` beside a private server that has the migrations and ends with it.
private func withBlueprint(_ body: (Blueprint) throws -> Void) throws {
    let database = try Connections.find().openDatabase()
    var options = PrivatePostgres.Options()
    (options.fsync, options.removesFolder) = (false, true)
    options.major = try database.majorVersion()
    let name = "palimpsest-rules-\(UUID().uuidString.prefix(8))"
    let server = try PrivatePostgres.start(
        in: FileManager.default.temporaryDirectory.appending(path: name),
        options
    )
    defer { server.stop() }
    try body(
        Blueprint(
            of: database,
            on: Connection(server.conninfo),
            Migration.load(Migration.folder())
        )
    )
}
