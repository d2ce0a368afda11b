import Foundation
import Postgres
import Proofs

extension LogVerifier {
    /// Follows each stream from its first entry and returns the hashes that the entries have.
    func chains(_ report: inout LogReport) throws -> [String: [Hash]] {
        var chains: [String: [Hash]] = [:]
        var (stream, hashes): (String, [Hash]) = ("", [])
        var findings: [LogFinding] = []
        try connection.copy(
            """
            SELECT stream, n, prev, hash, relation, key, convert_to(payload, 'UTF8')
            FROM lineage.log_entry
            ORDER BY stream, n
            """
        ) { row in
            if row[0].map({ !$0.elementsEqual(stream.utf8) }) ?? true {
                chains[stream] = hashes
                (stream, hashes) = (row.text(0), [])
            }
            let entry = LogEntry(
                stream: stream,
                number: row.int(1),
                previous: row[2].flatMap { Hash($0) } ?? Hash(),
                payload: Array(row[6] ?? [])
            )
            let (hash, place) = (entry.hash, "\(stream)/\(entry.number)")
            if entry.number != hashes.count + 1 {
                let what = "comes after entry \(hashes.count); those between were removed"
                findings.append(LogFinding("log_entry", place, column: "n", what))
            } else if entry.previous != hashes.last ?? Hash() {
                let what = "does not continue the entry before it"
                findings.append(LogFinding("log_entry", place, column: "prev", what))
            }
            if row[3].map({ Hash($0) != hash }) ?? true {
                let what = "the entry does not have its hash: it was changed"
                findings.append(LogFinding("log_entry", place, column: "hash", what))
            }
            if !row.namesItself(entry.payload) {
                let what = "the entry is filed under '\(row.text(4)) \(row.text(5))', not its row"
                findings.append(LogFinding("log_entry", place, column: "key", what))
            }
            hashes.append(hash)
        }
        chains[stream] = hashes
        chains[""] = nil
        report.entries = chains.values.reduce(0) { $0 + $1.count }
        for finding in findings { report.add(finding) }
        return chains
    }
}

extension CopiedRow {
    /// Whether the payload is of the relation (column 4) and the key (column 5) beside it.
    fileprivate func namesItself(_ payload: [UInt8]) -> Bool {
        guard let relation = self[4], let key = self[5] else { return false }
        let start = Array("{\"key\":\"".utf8) + key + Array("\",\"row\":{".utf8)
        let end = Array("},\"table\":\"".utf8) + relation + Array("\"}".utf8)
        return payload.starts(with: start) && payload.suffix(end.count).elementsEqual(end)
    }
}
