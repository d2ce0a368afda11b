import Foundation
import Jobs
import Records

/// An OpenLineage event as it waits in the outbox.
struct Told {
    let message: OutboxMessage
    let event: JSON

    /// All that wait in `outbox`, in the order in which they will leave.
    static func all(_ outbox: Outbox) throws -> [Told] {
        try outbox.take(limit: 1_000, lease: 0)
            .filter { $0.headers["ce_type"] == "io.openlineage.RunEvent" }
            .map { Told(message: $0, event: try JSON(parsing: $0.value ?? Data())) }
    }

    var type: String { event["eventType"]?.string ?? "" }
    var run: String { event["run"]?["runId"]?.string ?? "" }
    var facets: JSON? { event["run"]?["facets"] }

    /// Such as `START`, `FAIL transient`, or `FAIL invalid for good` where it ends the job too.
    var line: String {
        let end = facets?["palimpsest_end"]
        let reason = end?["reason"]?.string.map { " " + $0 } ?? ""
        return type + reason + (end?["final"] == .bool(true) ? " for good" : "")
    }
}
