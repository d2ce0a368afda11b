import Foundation
import Jobs
import Postgres

extension LedgerBench {
    private static let questions = [
        "ancestors('ladder-top')", "descendants('ladder-foot')",
        "path('ladder-top', 'ladder-foot')", "is_derived_from('ladder-top', 'ladder-foot')",
        "ancestors('chain-end')", "ancestors('chain-end', max_rows => 60000)",
        "weight_path('chain-end')", "is_derived_from('chain-end', 'chain-start')",
        "original_of('chain-end')", "path('chain-end', 'chain-start')", "descendants('fan')",
        "path('fan-leaf', 'fan')", "ancestors('child-of-many')", "runs_using('fan')",
        "common_origin('ladder-top', 'child-of-many')", "requests_status('ladder-top')",
        "requests_status('chain-end')", "requests_status('fan-leaf')",
    ]

    /// A ladder of 500 layers, a chain of 50,000, a fan of 100,000, a child of 1,000: each question
    /// within a second.
    func meetAdversaries() throws {
        let connection = try database("adversaries")
        for file in ["ledger.sql", "adversarial.sql"] {
            try run("Tests/Fixtures/" + file, on: connection)
        }
        for call in LedgerBench.questions {
            var (timings, rows) = (try Timings(connection), 0)
            for _ in 0..<5 {
                rows = try timings.time {
                    try connection.query("SELECT * FROM lineage.\(call)").count
                }
            }
            let more: [String: JSON] = ["rows": .int(rows), "target_p99_ms": .double(1_000)]
            tell(
                "adversarial: " + call,
                timings.values(limit: 1_000).merging(more) { $1 }
            )
        }
    }
}
