import Foundation
import Postgres
import Proofs

extension LogVerifier {
    /// Follows each stream from its first entry and returns the hashes that the entries have.
    func chains(_ report: inout LogReport) throws -> [String: [Hash]] {
        var (chains, name): ([String: LogChain], String) = ([:], "")
        var chain = LogChain(stream: "")
        var findings: [LogFinding] = []
        // In the order in which they lie in the table, which is nearly that of each stream.
        try connection.query("SET LOCAL synchronize_seqscans = off")
        try connection.copy(
            "SELECT stream, n, prev, hash, relation, key, payload FROM lineage.log_entry"
        ) { row in
            if row[0].map({ !$0.elementsEqual(name.utf8) }) ?? true {
                chains[name] = chain
                name = row.text(0)
                chain = chains.removeValue(forKey: name) ?? LogChain(stream: name)
            }
            let entry = LogEntry(
                stream: name,
                number: row.int(1),
                previous: row[2].flatMap { Hash($0) } ?? Hash(),
                payload: Array(row[6] ?? [])
            )
            let hash = entry.hash
            if row[3].map({ Hash($0) != hash }) ?? true {
                let what = "the entry does not have its hash: it was changed"
                findings.append(LogFinding(entry, column: "hash", what))
            }
            if !row.namesItself(entry.payload) {
                let what = "the entry is filed under '\(row.text(4)) \(row.text(5))', not its row"
                findings.append(LogFinding(entry, column: "key", what))
            }
            findings += chain.add(.init(number: entry.number, previous: entry.previous, hash: hash))
        }
        chains[name] = chain
        chains[""] = nil
        for name in chains.keys.sorted() { findings += chains[name]?.finish() ?? [] }
        for finding in findings { report.add(finding) }
        report.entries = chains.values.reduce(0) { $0 + $1.hashes.count }
        return chains.mapValues(\.hashes)
    }
}

/// The entries of one stream, each after the one before, in whatever order they are added.
private struct LogChain {
    struct Link {
        let number: Int
        let previous: Hash
        let hash: Hash
    }

    let stream: String
    private(set) var hashes: [Hash] = []
    private var next = 1
    /// Those that came before their turn.
    private var early: [Int: Link] = [:]

    init(stream: String) { self.stream = stream }

    /// Adds a link and whatever waited for it; what is wrong with them.
    mutating func add(_ link: Link) -> [LogFinding] {
        guard link.number == next else {
            let isNew = link.number > next && early.updateValue(link, forKey: link.number) == nil
            return isNew ? [] : [finding(link, "n", "there is another entry of this number")]
        }
        var findings = follow(link)
        while !early.isEmpty, let waiting = early.removeValue(forKey: next) {
            findings += follow(waiting)
        }
        return findings
    }

    /// Adds those whose turn never came.
    mutating func finish() -> [LogFinding] {
        early.values.sorted { $0.number < $1.number }.flatMap { follow($0) }
    }

    private mutating func follow(_ link: Link) -> [LogFinding] {
        defer {
            hashes.append(link.hash)
            next = link.number &+ 1
        }
        if link.number != next {
            let what = "comes after entry \(next - 1); those between were removed"
            return [finding(link, "n", what)]
        }
        guard link.previous != hashes.last ?? Hash() else { return [] }
        return [finding(link, "prev", "does not continue the entry before it")]
    }

    private func finding(_ link: Link, _ column: String, _ what: String) -> LogFinding {
        LogFinding("log_entry", "\(stream)/\(link.number)", column: column, what)
    }
}

extension LogFinding {
    fileprivate init(_ entry: LogEntry, column: String, _ what: String) {
        self.init("log_entry", "\(entry.stream)/\(entry.number)", column: column, what)
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
