import Commands
import Foundation
import Jobs
import Records
import Store

/// What keeps the store and the ledger together.
let storeCommands = [
    Command(
        "lineage audit",
        summary: "Compares the store with the ledger and every blob with its digest.",
        options: [
            Option("fast", help: "leave out the comparison of the bytes"),
            Option("json", help: "print JSON"),
        ]
    ) { invocation in try audit(invocation) },
    Command(
        "store collect",
        summary:
            "Removes blobs that no row counts on: snapshots of jobs that are over, and the like.",
        options: [Option("dry-run", help: "say what would go")]
    ) { invocation in try collect(invocation) },
]

private func audit(_ invocation: Invocation) throws {
    let (connections, fast) = (Connections.find(), invocation.flag("fast"))
    let (store, progress) = (try connections.existingStore(), ReadingProgress())
    let report = try StoreAudit(connections.openDatabase(), store)
        .report(bytes: !fast, progress: progress.add(_:of:))
    progress.end()
    if invocation.flag("json") {
        print(String(decoding: try document(report).canonical, as: UTF8.self))
    } else {
        show(report, fast: fast)
    }
    guard report.findings.isEmpty else {
        throw Findings("the store and the ledger disagree in \(report.findings.count) places")
    }
}

private func document(_ report: StoreAudit.Report) throws -> JSON {
    .object([
        "findings": try JSON(encoding: report.findings), "blobs": .int(report.blobs),
        "bytes": .int(report.bytes), "garbage": try JSON(encoding: report.garbage),
        "garbage_bytes": .int(report.garbageBytes), "young": .int(report.young),
    ])
}

private func show(_ report: StoreAudit.Report, fast: Bool) {
    let kinds = StoreFinding.Kind.allCases.map { kind in
        report.findings.filter { $0.kind == kind }
    }
    for finding in kinds.joined() { print(finding) }
    let counts = kinds.compactMap { found in
        found.first.map { "\(found.count) \($0.kind.rawValue)" }
    }
    if !counts.isEmpty { print(counts.joined(separator: ", ")) }
    print("\(report.blobs) blobs of \(report.bytes) bytes, \(fast ? "not read" : "read")")
    if !report.garbage.isEmpty {
        print(
            "garbage: \(report.garbage.count) of them, \(report.garbageBytes) bytes, that no row counts"
                + " on, such as snapshots of jobs that are over: palimpsest store collect"
        )
    }
    if report.young > 0 {
        print("\(report.young) of them, younger than a day, that no row counts on yet or any more")
    }
    if report.findings.isEmpty { print("the store and the ledger agree") }
}

private func collect(_ invocation: Invocation) throws {
    let connections = Connections.find()
    let audit = StoreAudit(try connections.openDatabase(), try connections.existingStore())
    if invocation.flag("dry-run") {
        let report = try audit.report(bytes: false)
        if let obstacle = report.obstacle { throw StoreAudit.refusal(obstacle) }
        for digest in report.garbage { print(digest) }
        for leftover in report.leftovers { print(leftover.path) }
        return print("\(report.garbage.count) blobs, \(report.garbageBytes) bytes, would go")
    }
    let gone = try audit.collect()
    print(
        "removed \(gone.blobs) blobs that nothing counts on and \(gone.leftovers) writes that never "
            + "ended, \(gone.bytes) bytes"
    )
}
