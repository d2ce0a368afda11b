import Commands
import Foundation
import Jobs
import Records

/// The questions of an auditor; each takes a name, a digest or at least twelve digits of one.
let lineageCommands = [
    Command(
        "lineage original",
        summary: "Names the original of an unlearned checkpoint, its parent and its weight root.",
        arguments: ["REF"]
    ) { invocation in
        let origin = try ledger().origin(of: invocation.arguments[0])
        let rows = [
            ("artifact", origin.artifact.hex, origin.name), place("parent", origin.parent),
            place("original", origin.original), place("weight root", origin.weightRoot),
        ].map { [$0.0, $0.2 ?? "", $0.1] }
        printTable(["", "name", "digest"], rows)
    },
    Command(
        "lineage tree",
        summary: "Draws everything an artifact was made from.",
        arguments: ["REF"]
    ) {
        invocation in
        for line in try ledger().tree(of: invocation.arguments[0]) { print(line) }
    },
    Command(
        "lineage ancestors",
        summary: "Lists what an artifact was made from.",
        arguments: ["REF"]
    ) {
        invocation in printEntries(try ledger().ancestors(of: invocation.arguments[0]))
    },
    Command(
        "lineage descendants",
        summary: "Lists what was made from an artifact.",
        arguments: ["REF"]
    ) {
        invocation in printEntries(try ledger().descendants(of: invocation.arguments[0]))
    },
    Command(
        "lineage unlearned",
        summary: "Compares all unlearned versions of an original.",
        arguments: ["REF"]
    ) { invocation in
        let versions = try ledger().unlearned(from: invocation.arguments[0])
        printTable(
            ["name", "method", "forgotten", "forgetting", "integrity", "interval", "digest"],
            versions.map { version in
                [
                    version.name ?? "", version.method, version.forgotten.joined(separator: ","),
                    version.forgetting.map(number) ?? "",
                    version.integrity.map { number($0.value) } ?? "",
                    version.integrity.flatMap(interval) ?? "", version.artifact.hex,
                ]
            }
        )
    },
    Command(
        "lineage metrics",
        summary: "Lists what was measured on an artifact.",
        arguments: ["REF"]
    ) {
        invocation in printMetrics(try ledger().metrics(of: invocation.arguments[0]))
    },
]

private func ledger() throws -> Ledger { try Ledger(Connections.find().openDatabase()) }

private func place(_ label: String, _ place: Origin.Place?) -> (String, String, String?) {
    (label, place?.artifact.hex ?? "none", place?.name)
}

private func printEntries(_ entries: [LineageEntry]) {
    printTable(
        ["name", "kind", "made by", "digest"],
        entries.map {
            [$0.name ?? "", $0.kind, $0.method ?? "import", $0.artifact.hex]
        }
    )
}

/// Prints metrics with their intervals.
func printMetrics(_ metrics: [MetricRecord]) {
    printTable(
        ["metric", "value", "interval", "against"],
        metrics.map {
            [
                $0.value.name, number($0.value.value), interval($0.value) ?? "",
                $0.referenceName ?? "",
            ]
        }
    )
}

func number(_ value: Double) -> String { String(format: "%.4f", value) }

func interval(_ metric: MetricValue) -> String? {
    guard let low = metric.low, let high = metric.high else { return nil }
    return String(format: "%.4f … %.4f", low, high)
}
