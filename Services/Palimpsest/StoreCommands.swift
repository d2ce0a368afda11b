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
    let connections = Connections.find()
    let store = try ArtifactStore(existing: connections.store)
    let report = try StoreAudit(connections.openDatabase(), store)
        .report(bytes: !invocation.flag("fast"))
    if invocation.flag("json") {
        print(String(decoding: try JSON(encoding: report.findings).canonical, as: UTF8.self))
    } else {
        show(report, fast: invocation.flag("fast"))
    }
    guard report.findings.isEmpty else {
        throw Findings("the store and the ledger disagree in \(report.findings.count) places")
    }
}

private func show(_ report: StoreAudit.Report, fast: Bool) {
    for kind in StoreFinding.Kind.allCases {
        let found = report.findings.filter { $0.kind == kind }
        for finding in found { print(finding) }
        if found.count > 1 { print("\(found.count) \(kind.rawValue)") }
    }
    let read = fast ? "not read" : "read"
    print("\(report.blobs) blobs of \(report.bytes) bytes, \(read)")
    if !report.garbage.isEmpty {
        print(
            "\(report.garbage.count) of them, \(report.garbageBytes) bytes, are counted on by nothing: "
                + "palimpsest store collect"
        )
    }
    if report.findings.isEmpty { print("the store and the ledger agree") }
}

private func collect(_ invocation: Invocation) throws {
    let connections = Connections.find()
    let store = try ArtifactStore(existing: connections.store)
    let report = try StoreAudit(connections.openDatabase(), store).report(bytes: false)
    let isSafe = !report.findings.contains { [.unknown, .unreadable].contains($0.kind) }
    guard isSafe else {
        throw Findings("a manifest cannot be read, so nothing is removed: palimpsest lineage audit")
    }
    if invocation.flag("dry-run") {
        for digest in report.garbage { print(digest) }
        return print("\(report.garbage.count) blobs, \(report.garbageBytes) bytes, would go")
    }
    let gone = try report.garbage.filter { try store.collect($0) }
    print("removed \(gone.count) blobs that nothing counts on")
}
