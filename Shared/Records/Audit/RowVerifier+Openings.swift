import Foundation
import Jobs
import Postgres
import Proofs

extension RowVerifier {
    /// I11: an opening has the codes that its request commits to, and a run forgot the classes
    /// behind them, all together and nothing else. What is not opened cannot be compared.
    func openings() throws -> [RowFinding] {
        var findings: [RowFinding] = []
        var opened: [String: RequestOpening] = [:]
        for row in try connection.query(RowVerifier.opened) {
            let opening = RequestOpening(
                itemKey: Array(try row.bytes("item_key")),
                codes: try row.strings("codes").compactMap { Hash(hex: $0) }
            )
            opened[try row.text("request")] = opening
            guard
                try opening.commitment.root.hex != row.text("commitment")
                    || opening.codes.count != row.int("items") || !row.bool("ascending")
            else { continue }
            let what = "its codes are not those that request \(try row.text("request")) commits to"
            findings.append(try finding("forget_opening", row, what))
        }
        for row in try connection.query(RowVerifier.forgotten) {
            let requests = try row.strings("requests").map { opened[$0] }
            guard let what = differences(try row.strings("forget"), requests) else { continue }
            findings.append(try finding("unlearn_application", row, what))
        }
        return findings
    }

    private func finding(_ table: String, _ row: Row, _ what: String) throws -> RowFinding {
        RowFinding(invariant: "I11", table: table, key: try row.text("key"), what: what)
    }

    /// What is wrong between the classes that a run forgot and the requests that it applied.
    private func differences(_ classes: [String], _ requests: [RequestOpening?]) -> String? {
        let known = requests.compactMap(\.self)
        if known.contains(where: { $0.differences(from: classes).uncovered > 0 }) {
            return "its request commits to more than the run forgot"
        }
        let strange = classes.contains { one in
            known.allSatisfy { $0.differences(from: [one]).surplus > 0 }
        }
        let surplus = strange && known.count == requests.count
        return surplus ? "the run forgot more than its request commits to" : nil
    }

    private static let opened = """
        SELECT o.seq AS key, o.request, o.item_key, encode(q.commitment, 'hex') AS commitment,
            q.items, (
                SELECT jsonb_agg(encode(c, 'hex') ORDER BY i)
                FROM unnest(o.codes) WITH ORDINALITY x (c, i)
            ) AS codes, o.codes = (
                SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(o.codes) c
            ) AS ascending
        FROM lineage.forget_opening o JOIN lineage.forget_request q ON q.seq = o.request
        """

    /// The applications of a run that forget the same, but those of a request that is the job's own
    /// and taints nothing. With none opened there is nothing to compare.
    private static let forgotten = """
        SELECT max(u.seq) AS key, u.forget, jsonb_agg(u.request::text) AS requests
        FROM lineage.unlearn_application u JOIN lineage.forget_request q ON q.seq = u.request
        WHERE q.basis <> 'job' OR EXISTS (
            SELECT FROM lineage.exposure_source s WHERE s.request = q.seq
        )
        GROUP BY u.run, u.forget
        HAVING bool_or(EXISTS (
            SELECT FROM lineage.forget_opening o WHERE o.request = u.request
        ))
        """
}
